"""What is found and what is not: one known value of each document, keys of vendors, hard negatives."""

from __future__ import annotations

import pytest

from apps.guardrails.classes import DataClass
from apps.guardrails.detectors.finding import candidates, find
from apps.guardrails.detectors.kinds import ABOUT, BUILT_IN, Kind

DOCUMENTS = [
    ("uk_nino", "NINO: AB123456C"),
    ("uk_nhs", "NHS number 943 476 5919"),
    ("ie_pps", "PPS 1234567FA"),
    ("de_tax", "Steuer-ID 86095742719"),
    ("de_pension", "RV-Nummer 65170839J003"),
    ("fr_nir", "sécurité sociale 255081416802538"),
    ("it_fiscal", "codice fiscale RSSMRA85T10A562S"),
    ("es_dni", "DNI 12.345.678-Z"),
    ("es_nie", "NIE X-1234567-L"),
    ("pt_nif", "NIF 123 456 789"),
    ("nl_bsn", "BSN: 111222333"),
    ("be_national", "rijksregisternummer 85.07.30-033.28"),
    ("ch_ahv", "AHV 756.9217.0769.85"),
    ("at_svnr", "SVNR 1237010180"),
    ("lu_national", "matricule 1893120105732"),
    ("gr_amka", "AMKA 01013099997"),
    ("gr_afm", "AFM 094259216"),
    ("se_personal", "personnummer 811228-9874"),
    ("fi_hetu", "hetu 131052-308T"),
    ("dk_cpr", "CPR 070761-4285"),
    ("no_birth", "fødselsnummer 15108695088"),
    ("is_kennitala", "kennitala 120174-3399"),
    ("ee_lt_code", "isikukood 37605030299"),
    ("lv_code", "personas kods 161175-19997"),
    ("pl_pesel", "PESEL 44051401359"),
    ("cz_sk_birth", "rodné číslo 710319/2745"),
    ("ro_cnp", "CNP 1630615123457"),
    ("bg_egn", "ЕГН 7523169263"),
    ("hu_taj", "TAJ szám 111 111 110"),
    ("hr_oib", "OIB 33392005961"),
    ("si_rs_emso", "JMBG 0101006500006"),
    ("ru_snils", "СНИЛС 112-233-445 95"),
    ("ru_inn", "ИНН 500100732259"),
    ("ua_rnokpp", "РНОКПП 1759013776"),
    ("tr_tckn", "TC Kimlik 10000000146"),
    ("il_id", "teudat zehut 039337423"),
    ("za_id", "ID 8001015009087"),
    ("us_ssn", "SSN 536221847"),
    ("ca_sin", "SIN 046-454-286"),
    ("br_cpf", "CPF 529.982.247-25"),
    ("br_cnpj", "CNPJ 12.ABC.345/01DE-35"),
    ("ar_cuit", "CUIT 20-12345678-6"),
    ("cl_rut", "RUT 12.345.678-5"),
    ("mx_curp", "CURP HEGG560427MVZRRL04"),
    ("ec_cedula", "cédula 1713175071"),
    ("in_aadhaar", "Aadhaar 234123412346"),
    ("in_pan", "PAN ABCPE1234F"),
    ("cn_resident", "身份证号码11010519491231002X。"),
    ("jp_my_number", "マイナンバー 123456789018"),
    ("kr_rrn", "주민등록번호 900101-1234567"),
    ("sg_nric", "NRIC S1234567D"),
    ("hk_id", "HKID A123456(3)"),
    ("tw_id", "ID A123456789"),
    ("th_id", "Thai ID 1-1017-00207-03-0"),
    ("au_tfn", "TFN 123 456 782"),
    ("au_medicare", "Medicare 2123 45670 1"),
    ("nz_ird", "IRD 49-091-850"),
]


@pytest.mark.parametrize(("detail", "text"), DOCUMENTS, ids=[detail for detail, _ in DOCUMENTS])
def test_a_national_number_is_found_under_its_name(detail: str, text: str) -> None:
    found = [each for each in find(text) if each.kind is Kind.NATIONAL_ID]
    assert [each.detail for each in found] == [detail]
    assert text[found[0].start : found[0].end] in text.replace("。", "")


@pytest.mark.parametrize(
    "text",
    [
        "CPF 529.982.247-26",
        "RSSMRA85T10A562T",
        "DNI 12345678A",
        "S1234567E",
        "756.9217.0769.86",
        "HEGG560427MVZRRL05",
        "11010519491231002Y",
        "Steuer-ID 86095742718",
        "4111 1111 1111 1112",
        "DE89 3704 0044 0532 0130 01",
        "131052-308U",
        "85.07.30-033.29",
    ],
)
def test_a_wrong_check_digit_makes_it_an_ordinary_number(text: str) -> None:
    kinds = {each.kind for each in find(text)}
    assert not kinds & {Kind.NATIONAL_ID, Kind.CARD, Kind.IBAN}


@pytest.mark.parametrize("number", ["111222333", "86095742719", "44051401359", "9434765919", "046454286"])
def test_bare_digits_tell_nothing_without_a_telling_word(number: str) -> None:
    assert find(f"The value {number} was measured twice.") == []


SECRETS = [
    ("aws", "AKIAIOSFODNN7EXAMPLE"),
    ("github", "ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a"),
    ("github", "github_pat_" + "11ABCDEFG0" * 8),
    ("gitlab", "glpat-" + "Xy7zK2mN9pQ4rS6tU8vW"),
    ("slack", "xoxb-" + "123456789012-1234567890123-AbCdEfGhIjKl"),
    ("stripe", "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc"),
    ("openai", "sk-proj-" + "Zx81kQ0vLm29sTq7RbWc55YdHu3NfPaE"),
    ("anthropic", "sk-ant-" + "api03-R2D2C3POabcdefghijklmnop-AA"),
    ("huggingface", "hf_" + "aBcDeFgHiJkLmNoPqRsTuVwXyZaBcDeFgH"),
    ("google", "AIza" + "SyD9tSrke72PouQMnMX-a7eZSW0jkFMBWY0"),
    ("twilio", "AC" + "0123456789abcdef" * 2),
    ("sendgrid", "SG." + "ngeVfQFYQlKU0ufo8x5d1A.TwL2iGABf9DHoTf-09kqeF8tAmbihYzrnopKc-1s5cr"),
    ("npm", "npm_" + "aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5"),
    ("pypi", "pypi-" + "AgEIcHlwaS5vcmc" * 5),
    ("azure", "AccountKey=" + "Zm9vYmFy" * 11 + "=="),
    ("jwt", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P"),
]


@pytest.mark.parametrize(("vendor", "key"), SECRETS, ids=[f"{vendor}-{key[:6]}" for vendor, key in SECRETS])
def test_a_vendors_key_is_found_in_its_documented_form(vendor: str, key: str) -> None:
    for text in (f"Use {key} for it.", f'{{"k": "{key}"}}', f"`{key}`"):
        (found,) = [each for each in find(text, frozenset({Kind.SECRET})) if each.detail == vendor]
        assert text[found.start : found.end] == key


def test_a_private_key_is_found_whole_and_to_its_end_where_it_is_cut_off() -> None:
    key = "-----BEGIN RSA PRIVATE KEY-----\n" + "MIIEowIBAAKCAQEA75\n" * 20 + "-----END RSA PRIVATE KEY-----"
    (found,) = find(f"Here:\n{key}\nDone.", frozenset({Kind.SECRET}))
    assert found.end - found.start == len(key)
    (found,) = find(key[:200], frozenset({Kind.SECRET}))
    assert found.end == 200


@pytest.mark.parametrize(
    "text",
    [
        "password: ********",
        "password = os.environ['PASSWORD']",
        "The password must be changed every year.",
        "token: <your token>",
        "api_key=${API_KEY}",
        "postgres://user:$PASSWORD@host/db",
        "Bearer authentication is described below.",
        "secret: none",
    ],
)
def test_what_only_speaks_of_a_secret_is_none(text: str) -> None:
    assert find(text, frozenset({Kind.SECRET})) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ana@Example.COM", "ana@example.com"),
        ("DE89 3704 0044 0532 0130 00", "de89370400440532013000"),
        ("4111 1111 1111 1111", "4111-1111-1111-1111"),
        ("+49 (0)30 1234 5678", "+49 30 12345678"),
        ("00:1B:44:11:3A:B7", "00-1b-44-11-3a-b7"),
        ("2001:db8:0:0:0:0:0:1", "2001:DB8::1"),
        ("born on 3 March 1980", "born on 1980-03-03"),
        ("12345678Z", "12.345.678-z DNI"),
    ],
)
def test_the_same_value_spelt_differently_has_one_value(one: str, other: str) -> None:
    assert find(one)[0].value == find(other)[0].value


def test_of_two_that_overlap_the_surer_stays_and_candidates_have_both() -> None:
    text = "mysql://me:s3cretpass@host.example.com/db"
    assert [each.kind for each in find(text)] == [Kind.SECRET]
    assert {each.kind for each in candidates(text)} == {Kind.SECRET, Kind.EMAIL}


def test_only_what_is_asked_for_is_looked_for() -> None:
    text = "Mr Smith, smith@example.com, 4111 1111 1111 1111"
    assert [each.kind for each in find(text, frozenset({Kind.CARD}))] == [Kind.CARD]
    assert find(text, frozenset()) == []


def test_every_kind_has_words_and_a_class() -> None:
    assert set(ABOUT) == set(Kind)
    assert Kind.TERM not in BUILT_IN
    assert Kind.CARD.data_class is DataClass.RESTRICTED
    assert all(kind.label and kind.data_class >= DataClass.INTERNAL for kind in Kind)
