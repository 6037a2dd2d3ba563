"""How the page's files are answered, one sentence a test."""

import gzip
import re

import pytest

from chorus.web.assets import STATIC, Assets


@pytest.fixture
def root(tmp_path):
    (tmp_path / "js").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html>" + "hello " * 200)
    (tmp_path / "js" / "app.js").write_text("export default 1;")
    (tmp_path / "notes.secret").write_text("no type of ours")
    return tmp_path


def headers(answer):
    return {name.decode(): value.decode() for name, value in answer.headers}


def test_the_index_stands_at_the_root(root):
    answer = Assets(root).answer("GET", "/", {})

    assert answer.status == 200
    assert answer.body.startswith(b"<!doctype html>")
    assert headers(answer)["content-type"] == "text/html; charset=utf-8"


def test_the_index_names_scripts_that_are_kept_for_good(root):
    (root / "index.html").write_text('<script type="module" src="/js/app.js"></script>')
    assets = Assets(root)

    path = re.search(rb'src="(/v-.*/js/app.js)"', assets.answer("GET", "/", {}).body)[1].decode()
    script = assets.answer("GET", path, {})

    assert script.body == b"export default 1;"
    assert headers(script)["cache-control"] == "public, max-age=31536000, immutable"
    assert headers(assets.answer("GET", "/", {}))["cache-control"] == "no-cache"


def test_another_release_s_address_of_a_script_gets_ours_and_is_asked_for_again(root):
    (root / "index.html").write_text('<script type="module" src="/js/app.js"></script>')
    before = Assets(root)
    theirs = re.search(rb'src="(.*)"', before.answer("GET", "/", {}).body)[1].decode()
    (root / "js" / "app.js").write_text("export default 2;")

    script = Assets(root).answer("GET", theirs, {})

    assert script.body == b"export default 2;"
    assert headers(script)["cache-control"] == "no-cache"


def test_a_file_stands_at_its_path(root):
    answer = Assets(root).answer("GET", "/js/app.js", {})

    assert answer.body == b"export default 1;"
    assert headers(answer)["content-type"] == "text/javascript; charset=utf-8"


def test_every_file_carries_the_content_security_policy(root):
    policy = headers(Assets(root).answer("GET", "/", {}))["content-security-policy"]

    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize(
    "path", ["/nope.js", "/../assets.py", "/js/../../assets.py", "//etc/passwd", "/js", "/notes.secret", ""]
)
def test_only_known_files_are_answered(root, path):
    assert Assets(root).answer("GET", path, {}) is None


def test_an_unchanged_file_is_not_sent_again(root):
    assets = Assets(root)
    etag = headers(assets.answer("GET", "/js/app.js", {}))["etag"]

    again = assets.answer("GET", "/js/app.js", {"if-none-match": f'"other", W/{etag}'})

    assert (again.status, again.body) == (304, b"")
    assert headers(again)["etag"] == etag


def test_a_file_is_compressed_for_whoever_accepts_it(root):
    answer = Assets(root).answer("GET", "/", {"accept-encoding": "br, gzip"})

    assert headers(answer)["content-encoding"] == "gzip"
    assert headers(answer)["vary"] == "Accept-Encoding"
    assert gzip.decompress(answer.body).startswith(b"<!doctype html>")


def test_a_file_is_plain_for_whoever_refuses_compression(root):
    assert b"hello" in Assets(root).answer("GET", "/", {"accept-encoding": "gzip;q=0"}).body


def test_compressed_and_plain_have_different_tags(root):
    assets = Assets(root)

    assert (
        headers(assets.answer("GET", "/", {}))["etag"]
        != headers(assets.answer("GET", "/", {"accept-encoding": "gzip"}))["etag"]
    )


def test_files_are_only_read(root):
    answer = Assets(root).answer("POST", "/", {})

    assert answer.status == 405
    assert headers(answer)["allow"] == "GET, HEAD"


def test_a_watched_folder_shows_changes_and_others_keep_what_they_started_with(root):
    watched, kept = Assets(root, watch=True), Assets(root)

    (root / "new.css").write_text("a {}")

    for assets in (watched, kept):
        assets.answer("GET", "/", {})  # a page begins
    assert watched.answer("GET", "/new.css", {}).body == b"a {}"
    assert kept.answer("GET", "/new.css", {}) is None


def test_the_page_itself_is_there():
    assert Assets(STATIC).answer("GET", "/", {}).status == 200
