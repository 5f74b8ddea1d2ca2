"""What the mails say, and that nobody's name, locale or header makes them say something else."""

import html.parser
import json
import re
import secrets

import pytest

from harness import code_in, link_in, text_of

HEADERS = ["Date", "From", "To", "Subject", "Message-ID", "Auto-Submitted", "Content-Language", "MIME-Version",
           "Content-Type"]


class Elements(html.parser.HTMLParser):
    """The elements of a page, and what it refers to."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.references, self.text = [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.references += [value for name, value in attributes if name in ("href", "src", "action", "background")]

    def handle_data(self, data):
        self.text += data


def html_of(message):
    return message.get_body(("html",)).get_content()


def post(world, user="1", **headers):
    response = world.client.post(f"/organizations/{world.tenant}/profile/mfa",
                                 headers={"REB-APIKEY": world.secrets[user], **headers})
    assert response.status == 201
    return response.json()["_links"][1]["href"]


@pytest.fixture
def mails(mfad):
    """The link mail and the code mail that a user gets."""
    def get(world, user="1"):
        token = post(world, user).split("#")[1]
        link = mfad.mail_to(world.address(user))
        answer = world.client.post("/enroll/api/code", json_body={"token": token})
        assert answer.status == 200
        return link, mfad.mail_to(world.address(user), after=1)

    return get


def test_both_mails_are_text_and_html_with_all_headers_once(mails, world):
    for message in mails(world):
        assert sorted(message.keys()) == sorted(HEADERS)
        assert message["To"] == world.address("1")
        assert message["Auto-Submitted"] == "auto-generated"
        assert re.fullmatch(r"<[0-9a-f]{32}@localhost\.localdomain>", message["Message-ID"])
        assert message.get_content_type() == "multipart/alternative"
        assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
        assert {part.get_content_charset() for part in message.iter_parts()} == {"utf-8"}
        assert not message.defects


def test_the_link_mail_brings_the_link_in_both_parts(mails, mfad, world):
    message, _ = mails(world)
    link = link_in(message)
    assert re.fullmatch(re.escape(f"http://localhost:{mfad.port}/enroll/#") + r"[\w-]{35}", link)
    page = Elements(html_of(message))
    assert set(page.references) == {link}
    assert world.tenant in message["Subject"] and world.tenant in text_of(message) and world.tenant in page.text


def test_the_code_mail_has_its_code_on_a_line_of_its_own_and_not_in_the_subject(mails, world):
    _, message = mails(world)
    code = code_in(message)
    assert text_of(message).startswith(f"{code}\n")
    assert code not in message["Subject"]
    assert code in Elements(html_of(message)).text
    assert "enroll" not in text_of(message), "the mail with the code shows no way to use it"


def test_html_loads_nothing_and_runs_nothing(mails, world):
    for message in mails(world):
        page = Elements(html_of(message))
        assert not {"script", "img", "link", "iframe", "form", "object", "base"} & set(page.tags)
        assert "url(" not in html_of(message) and "@import" not in html_of(message)


@pytest.mark.parametrize("locale, language", [
    ("en", "en"), ("de", "de"), ("de-AT", "de"), ("de_CH", "de"), ("DE", "de"), ("fr", "en"), ("tlh-Latn", "en"),
    ("deu", "en"), (None, "en"), ("es-MX", "es"), ("ru", "ru"), ("zh-Hans", "zh"),
])
def test_a_mail_is_in_the_users_language_or_english(mfad, mails, world, locale, language):
    address = world.address("1")
    mfad.load({"user": {"tenant": world.tenant, "id": "1", "email": address, **({"locale": locale} if locale else {})}})
    subjects = {"en": ("Confirm your email address", "Your code"),
                "de": ("Bestätigen Sie Ihre E-Mail-Adresse", "Ihr Code"),
                "es": ("Confirme su dirección de correo", "Su código"),
                "ru": ("Подтвердите адрес электронной почты", "Ваш код"), "zh": ("请确认您在", "您的")}[language]
    for message, subject in zip(mails(world), subjects):
        assert message["Content-Language"] == language
        assert message["Subject"].startswith(subject)
        assert f'<html lang="{language}">' in html_of(message)


def test_a_tenant_may_have_a_sender_of_his_own(mails, make_world):
    world = make_world(mail={"from": "Größe & Co <login@acme.example>"})
    for message in mails(world):
        sender, = message["From"].addresses
        assert (sender.display_name, sender.addr_spec) == ("Größe & Co", "login@acme.example")
        assert message["Message-ID"].endswith("@acme.example>")


def test_a_notice_tells_where_to_object(mfad, make_world):
    for contact, told in (("+1 555 0100 <b>", "tell {} (+1 555 0100 <b>) at once"), (None, "tell {} at once")):
        world = make_world(**({"mail": {"contact": contact}} if contact else {}))
        assert world.native("POST", "users/1/recovery-codes").status == 201
        notice = mfad.mail_to(world.address("1"))
        assert told.format(world.tenant) in text_of(notice)
        assert "b" not in Elements(html_of(notice)).tags


@pytest.mark.parametrize("contact", ["x" * 129, "help@acme.example\r\nBcc: thief@evil.example", 7])
def test_what_is_no_contact_is_refused_at_the_import(mfad, contact):
    entry = {"tenant": {"id": "t" + secrets.token_hex(6), "mail": {"contact": contact}}}
    complaint = mfad.call("import", "-", stdin=json.dumps(entry), status=1)
    assert "-:1: tenant.mail.contact" in complaint


def test_without_one_the_installation_sends(mails, world):
    for message in mails(world):
        assert message["From"].addresses[0].addr_spec == "no-reply@localhost.localdomain"


@pytest.mark.parametrize("sender", [
    "", "nobody", "a@b@c.example", "Acme <login@acme.example", "login@acme.example\r\nBcc: thief@evil.example",
    "Acme <login@acme.example>\r\nBcc: thief@evil.example", "Acme <login@acme.exämple>", "<>", "a b@acme.example",
])
def test_what_is_no_sender_is_refused_at_the_import(mfad, sender):
    entry = {"tenant": {"id": "t" + secrets.token_hex(6), "mail": {"from": sender}}}
    complaint = mfad.call("import", "-", stdin=json.dumps(entry), status=1)
    assert "-:1: tenant.mail.from" in complaint


@pytest.mark.parametrize("locale", ["de\r\nBcc: thief@evil.example", "../../etc/passwd", "<b>", "", "d" * 36, "de en"])
def test_what_is_no_locale_is_refused_at_the_import(mfad, world, locale):
    entry = {"user": {"tenant": world.tenant, "id": "1", "email": world.address("1"), "locale": locale}}
    assert "locale" in mfad.call("import", "-", stdin=json.dumps(entry), status=1)


@pytest.mark.parametrize("name", [
    "Acme\r\nBcc: thief@evil.example\r\n\r\nBody",
    "Acme\n\n000000\n",
    "Acme\u2028000000\u2029",
    "Acme\x00\x1b[31m",
    "<script>alert(1)</script>",
    "\"><a href=\"https://evil.example/\">click</a>",
    "{{link}} {{{code}}} {{#a}}",
    "=?utf-8?q?x=0D=0ABcc=3A?=",
    "\u202eevil \u2066\u200f",
    "x" * 5000,
    "Grüße 株式会社",
    "",
], ids=["crlf", "line", "separator", "control", "script", "anchor", "mustache", "encoded-word", "bidi", "long",
        "unicode", "empty"])
def test_no_tenants_name_breaks_out_of_a_mail(mails, make_world, name):
    world = make_world(name=name)
    plain = make_world()
    for message, usual in zip(mails(world), mails(plain)):
        assert sorted(message.keys()) == sorted(HEADERS)
        assert message["To"] == world.address("1")
        assert "\n" not in message["Subject"] and "\u202e" not in message["Subject"]
        assert len(message["Subject"]) < 140
        # The same lines and the same elements as with a name that is harmless.
        assert len(text_of(message).splitlines()) == len(text_of(usual).splitlines())
        assert Elements(html_of(message)).tags == Elements(html_of(usual)).tags
        assert len(set(Elements(html_of(message)).references)) == len(set(Elements(html_of(usual)).references))
        assert len(re.findall(r"^\d{6}$", text_of(message), re.M)) == len(re.findall(r"^\d{6}$", text_of(usual), re.M))


def test_a_name_is_shown_as_it_is_written(mails, make_world):
    name = "Grüße & <Söhne> 株式会社"
    for message in mails(make_world(name=name)):
        assert name in message["Subject"] and name in text_of(message)
        assert name in Elements(html_of(message)).text


@pytest.mark.parametrize("headers", [
    {"Host": "evil.example"}, {"X-Forwarded-Host": "evil.example"}, {"Forwarded": "host=evil.example"},
    {"Origin": "https://evil.example", "Referer": "https://evil.example/"},
])
def test_links_start_with_the_public_url_whatever_a_request_says(mfad, world, headers):
    assert post(world, **headers).startswith(f"http://localhost:{mfad.port}/enroll/#")
    assert link_in(mfad.mail_to(world.address("1"))).startswith(f"http://localhost:{mfad.port}/enroll/#")


def test_every_mail_is_lines_of_crlf_that_any_server_takes(mfad, mails, make_world):
    mails(make_world(name="Grüße " * 40))
    for file in mfad.mail_files():
        raw = file.read_bytes()
        assert raw.isascii() and raw.endswith(b"\r\n")
        assert max(map(len, raw.split(b"\r\n"))) <= 998
        assert not set(b"\r\n\0") & set(raw.replace(b"\r\n", b""))


def test_an_address_with_another_script_is_mailed_in_its_ascii_form(mfad, make_world):
    world = make_world()
    mfad.load({"user": {"tenant": world.tenant, "id": "1", "email": f"u1@größe.{world.tenant}.example"}})
    post(world)
    assert mfad.mail_to(f"u1@xn--gre-6ka8i.{world.tenant}.example")
