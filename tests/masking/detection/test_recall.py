"""How much is found in invented texts: in four sets that the patterns were tuned on, and in one that they were not.

Each set was held out until its first look, which found, of all values at a precision of: second 0.954 at 0.991, third
0.960 at 1.0, fourth 0.948 at 1.0; of the first set only the phones were looked at, 0.97 at 0.938. What was missed were
phone numbers that no word announces, and IBANs of lengths that countries do not have; then what a look showed was
mended. The held-out set was looked at once, and nothing was changed after that: 1.0, but it is the easiest of the five.
So 0.95 to 0.96 is what well-formed texts may be expected to reach. presidio-research's annotated set, with which the
design was measured, is not here.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import pyarrow as pa
import pytest
from faker import Faker

from dataops_infra.masking.detection.patterns import PATTERNS, find
from dataops_infra.masking.detection.spans import FlatTexts

TEXTS = 1_200
COVERED = 0.8
"""A value counts as found when this share of its bytes is covered, as in the design's measurement."""
FIRST_LOCALES = (
    "en_US",
    "en_GB",
    "de_DE",
    "fr_FR",
    "es_ES",
    "it_IT",
    "nl_NL",
    "pl_PL",
    "pt_BR",
    "sv_SE",
    "ru_RU",
    "ja_JP",
)
SECOND_LOCALES = (
    "en_AU", "en_IN", "de_AT", "de_CH", "fr_CH", "es_MX", "pt_PT", "cs_CZ", "hu_HU", "no_NO", "fi_FI", "el_GR", "tr_TR",
    "uk_UA", "ko_KR", "zh_CN", "da_DK", "ro_RO",
)  # fmt: skip
KINDS = ("email", "payment_card", "iban", "us_ssn", "ip_address", "phone")

FIRST = (
    "Dear team, {email} has not received parcel {order}; the courier rang {phone} twice on {date}.",
    "Refund of {amount} to card {payment_card} (booked {date}) is still open.",
    "Please transfer {amount} to {iban}, reference {order}.",
    "Caller gave SSN {us_ssn}; identity confirmed at {time}.",
    "Login from {ip_address} at {time} for {email} - ticket {order} escalated.",
    "New mobile {phone}, old one no longer works. Invoice {order}, {amount}.",
    "Kundin bittet um Rückruf unter Telefon {phone}; Rechnung {order} vom {date} über {amount}.",
    "La cliente demande un remboursement de {amount} sur {iban} avant le {date}. Tél. {phone}",
    "El cliente dejó su teléfono {phone} y el correo {email}. Pedido {order}.",
    "Il cliente chiede di essere richiamato: cellulare {phone}, ordine {order} del {date}.",
    "Klant belde vanaf {phone} (mobiel) over factuur {order}; e-mail: {email}",
    "Klientka prosi o kontakt, tel. {phone}, zamówienie {order}, kwota {amount}.",
    "Cliente pediu retorno no celular {phone}; cartão {payment_card} recusado em {date}.",
    "Kunden nås på telefon {phone}, order {order}.",
    "Клиент просит перезвонить, телефон {phone}, заказ {order} от {date}.",
    "お客様の電話番号は{phone}、メールは{email}です。注文{order}。",
    "cc:{email};{email} re order {order} / version 2.{small}.{small}",
    'payload {{"mail":"{email}","ip":"{ip_address}","card":"{payment_card}","ts":"{date}T{time}"}}',
    "Tracking {tracking}, weight {small}.{small} kg, SKU {sku}, {small} pieces at {amount}.",
    "Build 20{small}.{small}.{small} failed {small} times since {date} {time}; see job {order}.",
    "Part {sku} replaced after {small},{small} h; meter reading {order}, ratio {small}:{small}.",
    "Paid {amount} on {date}, receipt {tracking}; warranty until {date}.",
)


SECOND = (
    "Hi, this is about {order}. You can get me at {phone} or write: {email}. Thx",
    "customer={email}|tel={phone}|amount={amount}|{date} {time}",
    "We charged {payment_card} twice ({amount} each) on {date}!",
    "Bank details changed - new IBAN: {iban} (valid from {date}).",
    "Agent note: verified last four, full social {us_ssn}, do not share.",
    "{ip_address} - - [{date}:{time}] GET /orders/{order} 200 {small}",
    "My number's {phone}; I'm home after {time}.",
    "Handy: {phone}. Bitte erst ab {time} anrufen, Vorgang {order}.",
    "Mon portable est le {phone}, mon adresse {email}. Dossier {order}, montant {amount}.",
    "Mi celular: {phone}. Número de pedido {order}, importe {amount}.",
    "O meu telemóvel é {phone}. Encomenda {order} de {date}.",
    "Zavolejte mi prosím na mobil {phone}, objednávka {order}.",
    "Telefonszámom: {phone}. Rendelés {order}, {date}.",
    "Ring meg på mobil {phone} i morgen, ordre {order}.",
    "Puhelin {phone}, sähköposti {email}, tilaus {order}",
    "Το τηλέφωνο μου είναι {phone}, παραγγελία {order}.",
    "Cep telefonum {phone}, sipariş {order}, tutar {amount}.",
    "Мій телефон {phone}, пошта {email}, замовлення {order}.",
    "제 휴대폰은 {phone}이고 이메일은 {email}입니다. 주문 {order}",
    "我的手机是{phone},邮箱{email},订单{order}。",
    "Numărul meu de telefon este {phone}; comanda {order} din {date}.",
    "RMA {order}: {small} units of {sku} returned {date} {time}, credit {amount}.",
    "Serial {tracking} / firmware {small}.{small}.{small} / last seen {date} {time} / temp {small}.{small}",
    "Meter {order} read {small} {small} {small} on {date}; next reading {date}.",
    "FWD: {email} -> {email} ({date}, {time}); attachments {small}, size {order} bytes",
    "Coordinates {small}.{order}, {small}.{order}; altitude {small} m; run {order}-{small}",
)


THIRD = (
    "Parcel for {order} undeliverable. Recipient's cell: {phone}",
    "pls update contact details --> {email} / {phone} (whatsapp)",
    "Payment by card no. {payment_card} declined at {time}; customer insists on {iban} instead.",
    "Background check: SSN# {us_ssn}, result clean, {date}.",
    "blocked {ip_address} after {small} attempts, owner {email}, see {sku}",
    "Der Kunde ist mobil unter {phone} erreichbar, Auftrag {order} vom {date}.",
    "Überweisung an {iban}, Betrag {amount}, Verwendungszweck {order}",
    "Merci de me joindre au {phone} concernant la facture {order} ({amount}).",
    "Llámame al {phone} por la factura {order} del {date}.",
    "Contattare la signora al telefono {phone}; pratica {order}; IBAN {iban}",
    "Bel mij op mobiel {phone} over bestelling {order}",
    "Proszę dzwonić pod numer telefonu {phone} w sprawie faktury {order}",
    "Позвоните мне: моб. {phone}. Договор {order}, сумма {amount}.",
    "连携电话{phone},身份核实{date},订单号{order}",
    "ご連絡先:携帯{phone}、注文番号{order}",
    "Order {order} ({small} x {sku}) shipped {date} {time}, total {amount}, tracking {tracking}",
    "Batch {tracking}: yield {small}.{small} %, lot {order}, expiry {date}",
    "Sensor {sku} at {small}.{order}: {small} {small} {small} {small}, log {date}T{time}Z",
    "Invoice {order} of {date}: net {amount}, due in {small} days, contract {order}",
)


FOURTH = (
    "{phone} - best number to reach me, {email}",
    "Spoke w/ caller ({phone}) re: claim {order}; paid {amount} on {date}",
    "fyi new cc {payment_card}, exp {small}/{small}; old iban was {iban}",
    "social security {us_ssn}, born and raised here, member since {date}",
    "ssh root@{ip_address} port {small}22, uptime {small} days, pid {order}",
    "Erreichbar: {phone} (tagsüber). Bestellnummer {order}.",
    "Joignable au {phone} ou {email}, commande {order} du {date}",
    "Puede contactarme en el teléfono fijo {phone}, expediente {order}",
    "Può chiamarmi al {phone}, fattura {order} di {amount}",
    "Mijn nummer: {phone}. Factuur {order}, {amount}.",
    "Mój numer telefonu to {phone}, e-mail {email}, umowa {order}",
    "Телефон для связи {phone}, счёт {order}, сумма {amount}",
    "联系方式:手机号{phone} 微信同号,单号{order}",
    "TEL:{phone} / メール:{email} / 注文番号:{order}",
    "연락처는 {phone}입니다. 주문번호 {order}",
    "PO {order}, {small} pcs {sku}, unit {amount}, ETA {date}, booked {time}",
    "Case {order} closed {date} {time} after {small} calls; ref {tracking}",
    "lat {small}.{order} lon {small}.{order} ts {date} {time}",
)


HELD_OUT = (
    "Customer {email} wants a copy of invoice {order}.",
    "Pls call {phone} before {time}, gate code {small}{small}",
    "Phone on file: {phone}; email on file: {email}; last order {order}",
    "Fax it to {phone}. Total {amount}.",
    "Visa {payment_card} expired, sent link to {email} on {date}",
    "wire {amount} -> {iban} / ref {order}",
    "SSN on the form reads {us_ssn}; signed {date}",
    "fw rule: deny {ip_address}, allow {ip_address}; change {order}",
    "Tel.-Nr. {phone}, Kd.-Nr. {order}, Betrag {amount}",
    "Téléphone : {phone} - courriel : {email} - commande {order}",
    "Teléfono de contacto: {phone}. Importe {amount}, fecha {date}.",
    "Numero di cellulare {phone}, ordine {order}",
    "Telefoonnummer {phone}, klacht over bestelling {order}",
    "Telefon kontaktowy {phone}; zamówienie {order} z dnia {date}",
    "Контактный телефон: {phone}. Заказ {order} на {amount}.",
    "電話番号 {phone}、ご注文 {order}、合計 {amount}",
    "Qty {small}, unit {amount}, SKU {sku}, dispatched {date} at {time}",
    "Job {order} ran {small}.{small} s on {date} {time}; exit {small}",
)


@dataclass(frozen=True)
class Labelled:
    """One text and where its values stand, in bytes."""

    text: str
    values: tuple[tuple[int, int, str], ...]


def makers(rng: random.Random, fake: Faker) -> dict[str, tuple[bool, Callable[[], str]]]:
    def grouped(digits: str) -> str:
        mark = rng.choice(["", " ", "-"])
        return mark.join(digits[start : start + 4] for start in range(0, len(digits), 4))

    return {
        "email": (True, lambda: fake.email()),
        "phone": (True, lambda: fake.phone_number()),
        "payment_card": (True, lambda: grouped(fake.credit_card_number("visa"))),
        "iban": (True, lambda: fake.iban()),
        "us_ssn": (True, lambda: f"{rng.randint(1, 665):03}-{rng.randint(1, 99):02}-{rng.randint(1, 9999):04}"),
        "ip_address": (True, lambda: fake.ipv4() if rng.random() < 0.7 else fake.ipv6()),
        "order": (False, lambda: str(rng.randint(10**5, 10**9))),
        "tracking": (False, lambda: f"1Z{rng.randint(10**9, 10**10)}{rng.choice('AQX')}"),
        "sku": (False, lambda: f"{rng.choice(['AB', 'QX', 'ZT'])}-{rng.randint(10, 99)}-{rng.randint(100, 99999)}"),
        "amount": (False, lambda: f"{rng.randint(1, 9999):,}.{rng.randint(0, 99):02} {rng.choice(['EUR', 'USD'])}"),
        "date": (False, lambda: fake.date(rng.choice(["%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%d %b %Y"]))),
        "time": (False, lambda: fake.time(rng.choice(["%H:%M", "%H:%M:%S"]))),
        "small": (False, lambda: str(rng.randint(1, 40))),
    }


def labelled_texts(templates: Sequence[str], locales: Sequence[str], seed: int) -> Iterator[Labelled]:
    rng, fakers = random.Random(seed), [Faker(locale) for locale in locales]
    for number in range(TEXTS):
        fake = fakers[number % len(fakers)]
        fake.seed_instance(seed + number)
        fields = makers(rng, fake)
        text, values = "", []
        for piece in rng.choice(templates).replace("{{", "\x01").replace("}}", "\x02").split("{"):
            name, brace, rest = piece.partition("}")
            if not brace:
                text += piece
                continue
            is_value, make = fields[name]
            value = make()
            if is_value:
                begin = len(text.encode())
                values.append((begin, begin + len(value.encode()), name))
            text += value + rest
        yield Labelled(text.replace("\x01", "{").replace("\x02", "}"), tuple(values))


@dataclass(frozen=True)
class Score:
    recall: dict[str, float]
    total_recall: float
    precision: float
    missed: list[str]
    wrong: list[str]


SETS = {
    "first": (FIRST, FIRST_LOCALES, 90_217),
    "second": (SECOND, SECOND_LOCALES, 414_243),
    "third": (THIRD, (*FIRST_LOCALES, *SECOND_LOCALES), 7_700_311),
    "fourth": (FOURTH, (*SECOND_LOCALES, *FIRST_LOCALES), 31_337_003),
    "held out": (HELD_OUT, (*SECOND_LOCALES, *FIRST_LOCALES), 600_011),
}


@cache
def score(which: str) -> Score:
    texts = list(labelled_texts(*SETS[which]))
    flat = FlatTexts.of(pa.array([each.text for each in texts]))
    spans = find(flat)
    inside: list[list[tuple[int, int, str]]] = [[] for _ in texts]
    for start, end, label, row in zip(spans.starts, spans.ends, spans.labels, flat.rows(spans.starts), strict=True):
        begin = int(flat.offsets[row])
        inside[row].append((int(start) - begin, int(end) - begin, PATTERNS[label].kind))
    hits: dict[str, list[bool]] = {name: [] for name in KINDS}
    missed, wrong, right = [], [], 0
    for each, found in zip(texts, inside, strict=True):
        for begin, end, name in each.values:
            covered = sum(max(0, min(end, stop) - max(begin, start)) for start, stop, _ in found)
            hits[name].append(covered >= COVERED * (end - begin))
            if not hits[name][-1]:
                missed.append(each.text.encode()[begin:end].decode())
        for start, stop, _ in found:
            is_right = any(start < end and begin < stop for begin, end, _ in each.values)
            right += is_right
            if not is_right:
                wrong.append(each.text.encode()[start:stop].decode())
    every = [hit for of in hits.values() for hit in of]
    recall = {name: sum(of) / len(of) for name, of in hits.items()}
    return Score(recall, sum(every) / len(every), right / len(spans), missed, wrong)


PHONE_FLOORS = {"fourth": 0.97}
PRECISION_FLOORS = {"held out": 0.999}
"""What was measured; 1 for all others."""


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("which", SETS)
def test_recall_of_each_kind_stays(which: str, kind: str) -> None:
    measured = score(which)
    assert measured.recall[kind] >= (PHONE_FLOORS.get(which, 1) if kind == "phone" else 1), measured.missed[:20]


@pytest.mark.parametrize("which", SETS)
def test_recall_and_precision_of_all_reach_the_target(which: str) -> None:
    measured = score(which)
    assert measured.total_recall >= 0.97
    assert measured.precision >= PRECISION_FLOORS.get(which, 1), measured.wrong[:20]
