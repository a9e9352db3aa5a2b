from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.errors import InvalidArgumentError
from services.storage import naming
from services.storage.naming import ImageName

parts = st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True)
digests = st.from_regex(r"[0-9a-f]{64}", fullmatch=True)


@given(tenant=parts, job=parts, digest=digests, step=st.integers(0, 9999))
def test_names_come_apart_as_they_were_built(tenant: str, job: str, digest: str, step: int) -> None:
    assert naming.parse(naming.reference(tenant, digest)) == ImageName(tenant, "references", digest)
    assert naming.parse(naming.image(tenant, job)) == ImageName(tenant, "images", job)
    assert naming.parse(naming.preview(tenant, job, step)) == ImageName(tenant, "previews", job, step)


@given(st.text(max_size=80) | st.from_regex(r"[a-z]/(references|images|previews)/[./a-z0-9]*\.png", fullmatch=True))
def test_any_other_text_is_refused_or_taken_whole(name: str) -> None:
    try:
        parsed = naming.parse(name)
    except InvalidArgumentError:
        return
    assert ".." not in name
    assert name.startswith(f"{parsed.tenant}/{parsed.kind}/{parsed.key}")


@pytest.mark.parametrize("bad", ["", "../x", "a/b", "a" * 65, "ä", ".hidden", "a\n"])
def test_no_name_is_built_of_bad_parts(bad: str) -> None:
    for tenant, key in ((bad, "1"), ("a", bad)):
        with pytest.raises(InvalidArgumentError) as refused:
            naming.image(tenant, key)
        assert refused.value.field == "image"
    with pytest.raises(InvalidArgumentError):
        naming.reference("a", bad)
