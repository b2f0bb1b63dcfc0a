"""Words that are names and common words at once, or parts of names that name nobody; as hashes."""

import numpy as np
import pyarrow as pa

from dataops_infra.masking.detection.spans import FlatTexts
from dataops_infra.masking.detection.words import Hashes, words_of


def _hashes(words: str) -> Hashes:
    texts = FlatTexts.of(pa.array([words], pa.large_string()))
    return np.unique(words_of(texts, 0, 1).hashes)


CALENDAR_HASHES = _hashes(
    "april may june july august januar februar march märz mai juni juli sunday monday tuesday wednesday thursday friday saturday"
    " avril juin juillet août abril mayo junio julio agosto maggio giugno luglio maio junho julho summer winter autumn easter"
)
"""Months, days and seasons: names only as part of a longer name."""
COMMON_HASHES = _hashes(
    "abbey able ace amber an angel art ash bar bay bean bear bee bell best bill bird bishop black blue bob bond book boy brand bright"
    " brook brown buck bud bush butler carol carpenter case cash chance charity chase cherry chip christian church clay clean close"
    " cole constant cook coral cotton crow cross curry dale daisy dawn day dean dell destiny diamond do dollar dove drew duke dusty"
    " early earl east ebony eden else ever fair faith fall farmer field finn fish fisher flora fountain forest fox frank french"
    " friend frost gay gene german gold golden good grace grant gray green grey guy hall hand harbor hardy harmony hart hay haven"
    " hazel heath heather hill holly home hood hope hopper hunt hunter iris ivory ivy jack jade jasmine jay jewel job joy judge"
    " junior justice kay king knight lace lake land lane large lark laurel law lee lily little long lord love low lucky major man"
    " manor mark mason max mercy mill miller mine misty moon moore myth nick noble north nova oak olive opal page pansy park parker"
    " patience pearl penny pepper piper pierce pike pool poppy power price pride prince prudence queen rain ray read reed rich river"
    " rob robin rock rod roman root rose rosemary rowan ruby rush rusty sage sailor sandy sea serenity shepherd short silver singer"
    " sky small smart smith snow so song south spring star stark steel stone stormy strong sue summer sun swan sweet taylor temple"
    " terry thorn tiger tom town trinity trip turner unity van victor victory view violet wade walker wall ward warden warner way"
    " weaver webb well wells west white wild will willow winter wise wolf wood woods worth wright yes young an en le la de da bei"
    " als am auf aus bald bauer beer berg braun ende engel ernst fuchs groß gut haus heil heute herz hof jung kaiser kann kern klein koch"
    " könig kraft krause kurz lang meister nach neu neumann rein richter ritter roth sauer scharf schmidt schneider schön schreiber"
    " schulz schuster schwarz sommer sonntag stark stein tag vogel voll wagner weber wein weiß wild wolf zimmermann"
    " blanc boucher bon boulanger charpentier clément colin dieu dupont fort franc grand gras leblanc le lait marchand meunier moulin"
    " noël petit pierre roi rouge roux roy vert alba amor bello bianchi blanco bueno campo casa cruz delgado esperanza flores fuentes"
    " guerra iglesias leal león luna luz mar mercado mesa mora moreno nieves paz pilar prieto reyes rico rojas rosa rubio santo"
    " serrano sol torres valle vega vera vidal alegria costa pinto ramos rocha silva conti costa ferrari fiore gallo greco lupo marino"
    " rossi russo sala serra villa bakker bos dekker groen groot jong kok koning meer smit visser vos wit boom de den der het"
)
"""Names that are common words: names only with a capital within a sentence, or as part of a longer name."""
PARTICLE_HASHES = _hashes(
    "van von der den de del della di da do dos das du la le les el al bin ibn ben bint abu abd y e und and of the zu zum zur ter ten"
    " st san santa santo mc mac jr sr ii iii iv phd md dds dvm ma ba bsc msc mba prof dr dipl ing mr mrs ms miss mx herr frau mme mlle"
    " m sra sr srta don dona doña dott sig signor signora hr fr ir drs rev sir lady lord dame"
)
"""Parts of full names that stand for nobody alone."""
