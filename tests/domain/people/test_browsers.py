"""What is taken for a browser's push service, and what is called."""

import pytest

from people.domain.browsers import called, key_bytes, outside, served_by, usable

SERVICES = ("fcm.googleapis.com", "*.push.apple.com")


@pytest.mark.parametrize(
    ("address", "well"),
    [
        ("https://fcm.googleapis.com/fcm/send/abc", True),
        ("https://fcm.googleapis.com:443/fcm/send/abc", True),
        ("http://fcm.googleapis.com/fcm/send/abc", False),
        ("https://fcm.googleapis.com:8443/fcm", False),
        ("https://user:secret@fcm.googleapis.com/fcm", False),
        ("https://fcm.googleapis.com/a#b", False),
        ("https://fcm.googleapis.com/a b", False),
        ("https://fcm.googleapis.com/\r\nHost:%20x", False),
        ("https://fcm.googleapis.com:x/", False),
        ("https://fcm.googleapis.com/\ud800", False),
        ("https://ｆcm.googleapis.com/", False),
        ("https://[::1]/", False),
        ("https://[::ffff:10.0.0.1]/", False),
        ("https://10.0.0.1/", False),
        ("https://127.0.0.1/", False),
        ("https://127.1/", False),
        ("https://2130706433/", False),
        ("https://0x7f.0.0.1/", False),
        ("https://a.0x7f000001/", False),
        ("https://localhost/", False),
        ("https://redis/", False),
        ("file:///etc/passwd", False),
        ("ftp://fcm.googleapis.com/", False),
        ("", False),
        ("https://fcm.googleapis.com/" + "a" * 1000, False),
    ],
)
def test_an_address_is_one_of_a_push_service(address: str, well: bool):
    assert usable(address, near=False) is well


def test_this_machine_is_one_in_practice_alone():
    assert usable("http://127.0.0.1:8099/push/a", near=True)
    assert not usable("http://127.0.0.1:8099/push/a", near=False)
    assert not usable("http://10.0.0.1:8099/push/a", near=True)


@pytest.mark.parametrize(
    ("host", "served"),
    [
        ("fcm.googleapis.com", True),
        ("web.push.apple.com", True),
        ("push.apple.com", False),
        ("evilpush.apple.com.example", False),
        ("evil-push.apple.com", False),
        ("x.fcm.googleapis.com", False),
        ("fcm.googleapis.com.example", False),
    ],
)
def test_only_the_services_of_the_settings_are_called(host: str, served: bool):
    assert served_by(f"https://{host}/a", SERVICES) is served


@pytest.mark.parametrize(
    ("address", "lies_outside"),
    [
        ("142.250.1.95", True),
        ("2a00:1450:4001:830::200a", True),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("100.64.0.1", False),
        ("127.0.0.1", False),
        ("169.254.169.254", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:10.0.0.1", False),
        ("2002:a00:1::", False),
    ],
)
def test_an_address_inside_is_never_called(address: str, lies_outside: bool):
    assert outside(address) is lies_outside


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("AAECAwQFBgcICQoLDA0ODw", True),
        ("AAECAwQFBgcICQoLDA0ODw==", True),
        ("AAECAwQFBgcICQoLDA0O", False),
        ("AAEC AwQFBgcICQoLDA0ODw", False),
        ("AAECAwQFBgcICQoLDA0OD", False),
        ("", False),
    ],
)
def test_a_key_has_its_length(text: str, found: bool):
    assert (key_bytes(text, 16) is not None) is found


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge · Windows"),
        ("Mozilla/5.0 (Linux; Android 15; Pixel) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", "Chrome · Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari · iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox · Linux"),
        ("python-httpx/0.28", ""),
        ("<script>alert(1)</script>", ""),
    ],
)  # fmt: skip
def test_a_browser_is_called_as_its_person_knows_it(agent: str, name: str):
    assert called(agent) == name
