"""Words that say what the number behind them is, in the languages of the data's people.

Each expression is matched against what stands shortly before a number: a word, then anything without another number
(:func:`announces`), or right behind it.
"""

import numpy as np
import numpy.typing as npt
import polars as pl

_PHONE_WORDS = (
    # Latin script: English, German, French, Spanish, Portuguese, Italian, Dutch, Nordic, Slavic, Turkish, Vietnamese …
    r"phones?|telephones?|tel|cell(?:phone|ular)?|mobiles?|mob|fax|(?:my|new|old|his|her|their|your|our) number(?:s"
    r"|'s)?|get me|text me|caller|callback|best number|whats ?app|telegram|signal|viber|sms|texts?|call(?:s|ed|ing"
    r"|back)?"
    r"|reach(?:ed)?|dial(?:ed)?|ring|rang|contact|hotline|landline|handy(?:nummer)?|telefon\p{L}*|mobil\p{L}*"
    r"|rufnummer"
    r"|festnetz|anrufen|rückruf|erreichbar|t[ée]l[ée]phone|t[ée]l|portable|(?:r?appel|contact|kontakt)\p{L}*"
    r"|joindre|joignable|num[ée]ro"
    r"|tel[ée]fono|m[óo]vil|celular|ll[aá]m[ae]\p{L}*|ll[aá]mad\p{L}*|tfno|telefone|telem[óo]vel|telem|lig(?:ar|ue"
    r"|a|ou)|cellulare|(?:ri)?chiam\p{L}*|recapito"
    r"|telefoon(?:nummer)?|mobiel|bellen|belde|gebeld|teruggebeld|telefon[uy]?|mobilnummer|puhelin|gsm"
    r"|kom[óo]rk[ai]|kom|(?:za|od)?dzwo\p{L}*|zavolej\p{L}*|sun[aă]\p{L}*|h[íi]v\p{L}*|soit\p{L}*|telefonn[íi]"
    r"|volat"
    r"|telefonu|cep|numaras[ıi]|(?:điện|dien) ?tho[ạa]i|s[đd]t|nomor|hp|telpon|telepon|nomer|simu|ph|hotel no"
)
_OTHER_SCRIPTS = (
    r"телефон[а-яіу]*|тел|моб(?:ильн\w*)?|звон\w*|позвон\w*|дзвон\w*|номер\w*|τηλ\w*|κινητ[όο]|טלפון|נייד|הטלפון|טל"
    r"|هاتف|الهاتف|جوال|موبايل|تلفون|تلفن|موبایل|همراه|رقم|फ़?ोन|फोन|मोबाइल|नंबर|ফোন|মোবাইল|போன்|தொலைபேசி"
    r"|โทร(?:ศัพท์)?|เบอร์|มือถือ"
    r"|電話(?:番号)?|电话|手机|手機|携帯|聯絡|聯繫|联系|联络|連絡|致电|전화(?:번호)?|휴대폰|연락처|핸드폰|հեռ\w*|ტელ\w*"
)
_WITHOUT_DIGITS = r"[^\d\n]{0,32}$"

PHONE = rf"(?i)(?:(?:^|[^\p{{L}}])(?:{_PHONE_WORDS})(?:[^\p{{L}}]|$)|{_OTHER_SCRIPTS})"
NO_PHONE = (
    r"(?i)(?:orders?|invoice|bill|ticket|case|ref(?:erence)?|receipt|parcel|tracking|shipment|booking|account"
    r"|contract|policy"
    r"|rechnung|bestell\w*|auftrag|vorgang|vertrag\w*|konto\w*|kundennummer|factuur\w*|bestelling|facture|commande"
    r"|dossier"
    r"|contrat|pedido|factura|fatura|contrato|ordine|fattura|contratto|zam[óo]wieni\w*|faktur\w*|umow\w*|tilaus\w*"
    r"|заказ\w*|сч[её]т\w*|договор\w*|注文|订单|訂單|주문|طلب|फॉर्म|ऑर्डर|σειρά|παραγγελία|sipariş|đơn hàng)"
    r"[^\p{L}\d]{0,8}(?:no|nr|number|nummer|id|n|num)?[^\p{L}\d]{0,4}$"
)
BEHIND_PHONE = (
    r"(?i)^[^\p{L}\d\n]{0,3}(?:whats ?app|phone|telephone|tel|mobile|mob|cell|home|work|office|landline|fax|sms"
    r"|signal|telegram"
    r"|best number|is my number|mobil|handy|telefon|tagsüber|abends|privat|dienstlich|portable|fixe|bureau|m[óo]vil"
    r"|celular|fijo|cellulare|fisso|telem[óo]vel|mobiel"
    r"|vast|kom[óo]rk\p{L}*|моб|тел|раб|дом|κιν|手机|手機|携帯|電話|电话|휴대폰)(?:[^\p{L}]|$)"
)
SSN = r"(?i)(?:\bssn\b|\bss ?#|social[ -]security|\bsocial\b|\bitin\b|\btin\b|taxpayer)"
NATIONAL_ID = (
    r"(?i)(?:\bnhs\b|\bsin\b|social insurance|\bcpf\b|\bpesel\b|\bbsn\b|burgerservice\w*|sofinummer"
    r"|steuer[ -]?(?:id\w*|nummer)|\btin\b"
    r"|\bidnr\b|tax(?:payer)?[ -]?(?:id|number|no)|national[ -]?(?:id\w*|number|insurance)|identi(?:ty|fication|dad"
    r"|ficaci[óo]n|t[ée])"
    r"|rijksregister\w*|registre national|\binsz\b|\bniss\b|aa?dhaa?r|आधार|\bdni\b|\bnif\b|personal (?:id|number)"
    r"|patient"
    r"|\bid(?:[ -]?(?:no|nr|number|card))?\b)"
)

VERSION = r"(?i)(?:\b(?:v|ver|version\p{L}*|release|firmware|build|section|chapter|kapitel|версия)|§)[^\p{L}\d]{0,3}$"
"""Numbers in four parts that are no addresses."""


def announces(words: str, before: pl.Series) -> npt.NDArray[np.bool_]:
    """Which texts end with one of ``words`` and up to 32 more characters, none of them a digit or a line break.

    Counting these takes a hundred times as long as finding the words, which few numbers have.
    """
    told = before.str.contains(words).to_numpy().copy()
    at = np.flatnonzero(told)
    told[at] = before.gather(at).str.contains(words + _WITHOUT_DIGITS).to_numpy()
    return told
