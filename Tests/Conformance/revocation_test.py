"""A credential that is revoked while a call is under way: what comes after finds nothing open any more."""

import grpc
import pytest

from raw_connection import OK, RawConnection, message, request_headers

UNAUTHENTICATED = "16"


@pytest.fixture
def access(host, stubs):
    messages, services = stubs.load("yizhan.access.v1.access")
    return messages, services.AccessServiceStub(host.channel())


def make_token(access, stubs, name):
    messages, service = access
    roles, _ = stubs.load("yizhan.access.v1.principal")
    return service.CreateToken(messages.CreateTokenRequest(principal_name=name, roles=[roles.ROLE_STAFF]))


def revoke(access, made):
    messages, service = access
    service.RevokeToken(messages.RevokeTokenRequest(token_id=made.token.id))


def bearer(made, path):
    return request_headers({"authorization": f"Bearer {made.secret}"}, path)


def test_between_a_calls_headers_and_its_message(host, access, stubs):
    made = make_token(access, stubs, "revoked before the message")
    headers = bearer(made, "/yizhan.access.v1.AccessService/GetCaller")
    with RawConnection(host) as connection:
        assert connection.call(headers).status == OK
        late = connection.open(headers)
        # Answered, so the headers before it have been worked through.
        connection.check()
        revoke(access, made)
        connection.data(late, message(), end=True)
        connection.finish(late)
        assert late.status == UNAUTHENTICATED and not late.data, late


def test_in_the_middle_of_a_stream(host, access, stubs):
    messages, services = stubs.load("yizhan.workers.v1.area")
    made = make_token(access, stubs, "revoked while importing")

    def rows(*codes):
        rows = [messages.AreaRow(code=code, name="迟到") for code in codes]
        request = messages.ImportAreasRequest(import_id="revoked-midway", rows=rows)
        return message(request.SerializeToString())

    with RawConnection(host) as connection:
        stream = connection.open(bearer(made, "/yizhan.workers.v1.AreaService/ImportAreas"))
        connection.data(stream, rows("990000"))
        connection.check()
        assert not stream.is_over
        revoke(access, made)
        connection.data(stream, rows("980000", "970000"), end=True)
        connection.finish(stream)
        assert stream.status == UNAUTHENTICATED and not stream.data, stream
    areas = services.AreaServiceStub(host.channel())
    for code in ("980000", "970000"):
        with pytest.raises(grpc.RpcError) as missing:
            areas.GetArea(messages.GetAreaRequest(code=code))
        assert missing.value.code() == grpc.StatusCode.NOT_FOUND
