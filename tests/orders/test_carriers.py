import pytest
from hypothesis import given, strategies as st
from pydantic import ValidationError

from services.orders.model.carriers import Carriers, known_carriers

KNOWN = known_carriers()
NUMBERS = [
    ("UPS", "1Z999AA10123456784"),
    ("UPS", "1Z5R89390357567127"),
    ("UPS", "1z 12345e 66 0527 223 4"),
    ("FedEx", "986578788855"),
    ("FedEx", "7995 3127 4483"),
    ("FedEx", "1001921334250001000300779017972697"),
    ("FedEx", "041441760228964"),
    ("FedEx", "568283610012734"),
    ("FedEx", "61299998820821171811"),
    ("FedEx", "9261292700768711948021"),
    ("FedEx", "9611020987654312345672"),
    ("FedEx", "000123450000000027"),
    ("FedEx", "9622001900000000000000776632517510"),
    ("USPS", "9400 1112 0108 0805 4830 16"),
    ("USPS", "9361289878700317633795"),
    ("USPS", "92748931507708513018050063"),
    ("USPS", "420221539101026837331000039521"),
    ("USPS", "71969010756003077385"),
    ("USPS", "0307 1790 0005 2348 3741"),
    ("USPS", "4201028200009261290113185417468510"),
    ("USPS", "RB123456785US"),
    ("DHL", "3318810025"),
    ("DHL", "73891051146"),
    ("DHL", "JJD0099999999"),
    ("DHL", "GM2951173225174494"),
]


def is_taken(name: str, number: str) -> bool:
    carrier = KNOWN.named(name)
    assert carrier is not None
    return KNOWN.takes(carrier, number)


@pytest.mark.parametrize(("name", "number"), NUMBERS)
def test_a_number_of_a_known_carrier_is_taken(name: str, number: str) -> None:
    assert is_taken(name, number)


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("UPS", "1Z999AA10123456785"),
        ("UPS", "986578788855"),
        ("UPS", "1Z999AA1012345678"),
        ("FedEx", "996578788855"),
        ("FedEx", "1001901781990001000300617767839438"),
        ("FedEx", "568283610012732"),
        ("FedEx", "9622001560001234567100794808390595"),
        ("USPS", "9361289878700317633796"),
        ("USPS", "03071790000523483742"),
        ("USPS", "61299998820821171811"),
        ("USPS", "RB123456786US"),
        ("USPS", "RB123456785GB"),
        ("DHL", "3318810011"),
        ("DHL", "XJD0099999998"),
        ("DHL", "GS295117494011169041"),
        ("DHL", ""),
        ("UPS", "1Z999AA1012345678\u0664"),
    ],
)
def test_what_is_no_number_of_a_known_carrier_is_not(name: str, number: str) -> None:
    assert not is_taken(name, number)


@given(st.integers(0, 21), st.sampled_from("0123456789"))
def test_a_slip_of_one_digit_is_found(at: int, other: str) -> None:
    number = "9400111201080805483016"
    slipped = number[:at] + other + number[at + 1 :]

    assert is_taken("USPS", slipped) == (slipped == number)


@pytest.mark.parametrize("name", ["ups", " UPS ", "United parcel service"])
def test_a_carrier_has_several_names_in_any_case(name: str) -> None:
    assert KNOWN.named(name) is KNOWN.named("UPS")


def test_a_carrier_that_is_not_known_is_none() -> None:
    assert KNOWN.named("Ravens") is None


def test_a_carrier_whose_own_example_is_none_of_its_numbers_is_refused() -> None:
    wrong = KNOWN.model_dump()
    wrong["carriers"][0]["example"] = "1Z999AA10123456785"

    with pytest.raises(ValidationError, match="is no number of it"):
        Carriers.model_validate(wrong)
