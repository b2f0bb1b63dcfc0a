"""How each locale writes about its people: order of names, dates, and what a clerk notes down."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Writing:
    """The habits of one locale."""

    texts: tuple[str, ...]
    """Notes with the fields of a person in braces."""
    date_format: str = "%d.%m.%Y"
    family_first: bool = False
    between: str = " "
    """What stands between the names."""

    def full_name(self, first: str, last: str) -> str:
        """Both names as they are written together."""
        return self.between.join((last, first) if self.family_first else (first, last))

    def birth(self, born: date) -> str:
        """A date as it is written."""
        return born.strftime(self.date_format)


WRITING: dict[str, Writing] = {
    "ja_JP": Writing(
        (
            "{last_name}様よりお電話。氏名:{full_name}、生年月日{born}、電話{phone}、メール:{email}。",
            "{full_name}さんの住所は{address}です。カード番号{card_number}、番号{national_id}。",
        ),
        "%Y年%m月%d日",
        family_first=True,
        between="",
    ),
    "zh_CN": Writing(
        (
            "客户{full_name}来电,电话{phone},邮箱{email},出生日期{born}。",
            "{full_name},身份证号{national_id},住址{address},卡号{card_number}。",
        ),
        "%Y年%m月%d日",
        family_first=True,
        between="",
    ),
    "zh_TW": Writing(
        ("{full_name}先生/小姐,電話:{phone},信箱:{email},卡號{card_number},身分證{national_id}。",),
        "%Y/%m/%d",
        family_first=True,
        between="",
    ),
    "ko_KR": Writing(
        (
            "{full_name}님이 전화했습니다. 연락처 {phone}, 이메일 {email}, 생년월일 {born}.",
            "{full_name}씨의 주소는 {address}이고 주민등록번호는 {national_id}입니다. 카드 {card_number}.",
        ),
        "%Y.%m.%d",
        family_first=True,
        between="",
    ),
    "ru_RU": Writing(
        (
            "Звонил(а) {full_name}, тел. {phone}, почта {email}, дата рождения {born}.",
            "Клиент {last_name} {first_name}: карта {card_number}, ИНН {national_id}, адрес: {address}.",
        )
    ),
    "uk_UA": Writing(
        (
            "Телефонував клієнт {full_name}, тел. {phone}, пошта {email}.",
            "{last_name} {first_name}, народження {born}, картка {card_number}, IBAN {iban}, ІПН {national_id}.",
        )
    ),
    "bg_BG": Writing(
        ("Клиентът {full_name} се обади от {phone}. Имейл: {email}, IBAN {iban}, роден {born}, ЕГН {national_id}.",)
    ),
    "el_GR": Writing(
        (
            "Ο πελάτης {full_name} τηλεφώνησε από {phone}· email {email}, γεννήθηκε {born}.",
            "{last_name} {first_name}: κάρτα {card_number}, IBAN {iban}, ΑΦΜ {national_id}, {address}.",
        ),
        "%d/%m/%Y",
    ),
    "he_IL": Writing(
        (
            "הלקוח {full_name} התקשר מ-{phone}, דוא״ל {email}, תאריך לידה {born}.",
            "{full_name}, ת.ז. {national_id}, כרטיס {card_number}, כתובת: {address}.",
        )
    ),
    "ar_SA": Writing(
        ("اتصل العميل {full_name} من الرقم {phone}، البريد {email}، تاريخ الميلاد {born}، البطاقة {card_number}.",),
        "%d/%m/%Y",
    ),
    "ar_AA": Writing(("العميل {full_name}، هاتف {phone}، بريد {email}، رقم {national_id}.",), "%d/%m/%Y"),
    "fa_IR": Writing(
        ("مشتری {full_name} با شماره {phone} تماس گرفت؛ ایمیل {email}، کارت {card_number}، شبا {iban}.",), "%Y/%m/%d"
    ),
    "hi_IN": Writing(
        ("ग्राहक {full_name} ने {phone} से फ़ोन किया। ईमेल {email}, जन्म {born}, कार्ड {card_number}।",), "%d/%m/%Y"
    ),
    "th_TH": Writing(
        (
            "คุณ{first_name} {last_name}โทรมาจาก{phone} อีเมล{email} เกิด{born}",
            "ลูกค้า{full_name}เลขบัตรประชาชน{national_id} บัตร{card_number} ที่อยู่{address}",
        ),
        "%d/%m/%Y",
    ),
    "ka_GE": Writing(("კლიენტმა {full_name} დარეკა ნომრიდან {phone}, ელფოსტა {email}, დაბადების თარიღი {born}.",)),
    "hy_AM": Writing(("Հաճախորդ {full_name}, հեռ. {phone}, էլ. փոստ {email}, ծնված {born}, քարտ {card_number}։",)),
    "de_DE": Writing(
        (
            "Herr/Frau {last_name} rief an ({phone}). {full_name}, geb. {born}, bittet um Antwort an {email}.",
            "Kunde {last_name}, {first_name}: Karte {card_number}, IBAN {iban}, wohnhaft {address}.",
        )
    ),
    "de_AT": Writing(("{full_name}s Konto {iban} wurde gesperrt; Rückruf unter {phone}, Mail {email}, geb. {born}.",)),
    "fr_FR": Writing(
        (
            "Appel de M./Mme {last_name} ({full_name}), tél. : {phone}, courriel : {email}, né(e) le {born}.",
            "{full_name}, carte n° {card_number}, IBAN {iban}, NIR {national_id}, demeurant {address}.",
        ),
        "%d/%m/%Y",
    ),
    "es_ES": Writing(
        (
            "Llamó {full_name} desde el {phone}; correo {email}, nacido/a el {born}.",
            "¿Sr./Sra. {last_name}? Tarjeta {card_number}, IBAN {iban}, NIF {national_id}, domicilio {address}.",
        ),
        "%d/%m/%Y",
    ),
    "it_IT": Writing(
        ("Il cliente {full_name} ha chiamato da {phone}, e-mail {email}, nato/a il {born}, CF {national_id}.",),
        "%d/%m/%Y",
    ),
    "pl_PL": Writing(
        (
            "Dzwonił(a) {full_name}, tel. {phone}, e-mail {email}, ur. {born}, PESEL {national_id}.",
            "Klient {last_name} {first_name}: karta {card_number}, IBAN {iban}, adres {address}.",
        )
    ),
    "cs_CZ": Writing(
        ("Volal(a) {full_name}, tel. {phone}, e-mail {email}, nar. {born}, IBAN {iban}.",), "%-d. %-m. %Y"
    ),
    "pt_BR": Writing(
        ("{full_name} ligou do {phone}; e-mail {email}, nascimento {born}, CPF {national_id}, cartão {card_number}.",),
        "%d/%m/%Y",
    ),
    "nl_NL": Writing(
        ("Mevr./dhr. {last_name} belde ({phone}). {full_name}, geb. {born}, mail {email}, BSN {national_id}, {iban}.",),
        "%d-%m-%Y",
    ),
    "sv_SE": Writing(
        ("{full_name} ringde från {phone}. Mejl {email}, född {born}, personnummer {national_id}.",), "%Y-%m-%d"
    ),
    "fi_FI": Writing(("{full_name} soitti numerosta {phone}, sähköposti {email}, IBAN {iban}.",), "%-d.%-m.%Y"),
    "hu_HU": Writing(
        ("{full_name} hívott, tel.: {phone}, e-mail: {email}, született {born}.",), "%Y. %m. %d.", family_first=True
    ),
    "ro_RO": Writing(("A sunat {full_name}, tel. {phone}, e-mail {email}, CNP {national_id}, IBAN {iban}.",)),
    "tr_TR": Writing(("{full_name} aradı, tel {phone}, e-posta {email}, doğum {born}, TC {national_id}.",)),
    "vi_VN": Writing(
        ("Khách hàng {full_name} gọi từ số {phone}, email {email}, sinh ngày {born}.",), "%d/%m/%Y", family_first=True
    ),
    "en_GB": Writing(
        ("{full_name} phoned on {phone}; email {email}, born {born}, NI {national_id}, IBAN {iban}.",), "%d/%m/%Y"
    ),
    "en_US": Writing(
        (
            "{full_name} called from {phone}. Email: {email}, DOB {born}, SSN {national_id}.",
            "Customer {last_name}, {first_name} paid with {card_number} and lives at {address}.",
        ),
        "%m/%d/%Y",
    ),
}
"""Locale of faker -> its writing."""
