"""Under which names the page answers."""

from __future__ import annotations

import pytest

from studio.ui.http_hosts import host_of, is_known

KNOWN = (
    *("localhost:7860", "127.0.0.1:7860", "0.0.0.0", "192.168.1.20:7861", "[::1]:7860", "LOCALHOST", "studio"),
    *("abc123.gradio.live", "7860-m-s-1.asia-east1-0.prod.colab.dev", "x-colab.googleusercontent.com"),
    *("team-studio.hf.space", "my-laptop.local:7860", "vm.c.project.internal", "gradio.live.", "a_b:1"),
)
FOREIGN = (
    *("evil.example", "gradio.live.evil.example", "evilgradio.live", "127.0.0.1.evil.example", "localhost.evil.net"),
    *("", " ", "a b", "localhost/", "x@localhost", "localhost:", "localhost:port", "localhost:1234567", "[::1", "::1"),
    *("999.1.1.1", "127.1", "2130706433", "[12]", "ab..local", ".local", "colab.dev\n", "local\x00host", "é"),
)


@pytest.mark.parametrize("host", KNOWN)
def test_addresses_private_names_and_the_tunnels_are_known(host: str) -> None:
    assert is_known(host)


@pytest.mark.parametrize("host", FOREIGN)
def test_public_names_and_nonsense_are_not(host: str) -> None:
    assert not is_known(host)


def test_a_name_that_was_passed_is_known_with_those_below_it() -> None:
    more = {"studio.school.edu"}
    assert is_known("studio.school.edu:443", more)
    assert is_known("a.studio.school.edu", more)
    assert not is_known("school.edu", more)
    assert not is_known("mystudio.school.edu", more)


@pytest.mark.parametrize(
    ("address", "host"),
    [
        *(("https://Studio.school.edu:8443/gan", "studio.school.edu"), (" school.edu ", "school.edu")),
        *(("0.0.0.0", "0.0.0.0"), ("school.edu:80", "school.edu"), ("http://[::1]:80/", "::1")),
        *((one, None) for one in ("/sub/path", "", None, "//", "http://[", "http:///x")),
    ],
)
def test_the_host_is_found_in_addresses_and_in_bare_names(address: str | None, host: str | None) -> None:
    assert host_of(address) == host
