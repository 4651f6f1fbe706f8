"""The story of micro-wishes, as a street, a platform and claimants play it: by stock gRPC stubs, and by the CLI.

A courier tells an interviewer in the street that the station needs a rice cooker. The wish is sorted into the list,
the labour union claims and delivers it, the courier confirms, and with the courier's consent a report is published
(mission rows M27 to M29, seed 003).
"""

import concurrent.futures
import json
import os
import subprocess
import uuid

import grpc
import pytest

from conftest import BIN

STREET = "410304001"
COMMUNITY = "410304001002"


class Api:
    """All services of the two modules for one token."""

    def __init__(self, stubs, channel):
        self.areas = stubs.load("yizhan.workers.v1.area")[1].AreaServiceStub(channel)
        self.organisations = stubs.load("yizhan.workers.v1.organisation")[1].OrganisationServiceStub(channel)
        self.workers = stubs.load("yizhan.workers.v1.worker_service")[1].WorkerServiceStub(channel)
        self.wishes = stubs.load("yizhan.wishes.v1.wish_service")[1].WishServiceStub(channel)
        self.access = stubs.load("yizhan.access.v1.access")[1].AccessServiceStub(channel)


class District:
    """Areas, organisations, a worker and a token for everyone, made through the API as a district would."""

    def __init__(self, stubs, host):
        self.stubs = stubs
        self.host = host
        self.unique = uuid.uuid4().hex[:8]
        self.admin = Api(stubs, host.channel())
        areas, _ = stubs.load("yizhan.workers.v1.area")
        for code, name in [
            ("410000", "河南省"), ("410300", "洛阳市"), ("410304", "瀍河回族区"), ("410302", "老城区"),
            (STREET, "华林街道"), (COMMUNITY, "华林社区"),
        ]:
            try:
                self.admin.areas.CreateArea(areas.CreateAreaRequest(code=code, name=name))
            except grpc.RpcError as error:  # Another story has made it.
                assert error.code() == grpc.StatusCode.ALREADY_EXISTS
        self.platform_id = self.organisation("ORGANISATION_KIND_PLATFORM", "顺丰速运夹马营路营业部")
        self.union_id = self.organisation("ORGANISATION_KIND_LABOUR_UNION", "瀍河区总工会")
        self.charity_id = self.organisation("ORGANISATION_KIND_CHARITY", "瀍河区慈善协会")
        self.phone = "139" + str(uuid.uuid4().int)[:8]
        self.worker_id = self.register()
        self.staff_token = self.token("ROLE_STAFF", area_codes=["410304"])
        self.platform_token = self.token("ROLE_PLATFORM", organisation_id=self.platform_id)
        self.union_token = self.token("ROLE_PARTNER", organisation_id=self.union_id)
        self.charity_token = self.token("ROLE_PARTNER", organisation_id=self.charity_id)
        self.staff, self.platform, self.union, self.charity = (
            self.api(token)
            for token in (self.staff_token, self.platform_token, self.union_token, self.charity_token)
        )

    def api(self, token, purpose=None):
        return Api(self.stubs, self.host.channel(token, purpose=purpose)).wishes

    def organisation(self, kind, name):
        messages, _ = self.stubs.load("yizhan.workers.v1.organisation")
        return self.admin.organisations.CreateOrganisation(
            messages.CreateOrganisationRequest(kind=kind, name=f"{name}{self.unique}", area_code="410304")).id

    def register(self):
        messages, _ = self.stubs.load("yizhan.workers.v1.worker_service")
        reply = self.admin.workers.RegisterWorker(
            messages.RegisterWorkerRequest(
                name="苟建国", phone=self.phone, area_code="410304",
                employment=messages.NewEmployment(
                    organisation_id=self.platform_id, occupation="OCCUPATION_COURIER")))
        return reply.worker.id

    def token(self, role, **scope):
        messages, _ = self.stubs.load("yizhan.access.v1.access")
        reply = self.admin.access.CreateToken(
            messages.CreateTokenRequest(
                principal_name=f"{role.lower()}-{uuid.uuid4().hex[:8]}", roles=[role], **scope))
        return reply.secret


@pytest.fixture
def district(stubs, host):
    return District(stubs, host)


def refusal(call, *arguments, **options):
    """The status that a call is refused with, and its google.rpc.ErrorInfo."""
    from google.rpc import error_details_pb2, status_pb2

    with pytest.raises(grpc.RpcError) as caught:
        call(*arguments, **options)
    details = dict(caught.value.trailing_metadata() or []).get("grpc-status-details-bin", b"")
    status = status_pb2.Status.FromString(details)
    info = error_details_pb2.ErrorInfo()
    for detail in status.details:
        if detail.Is(error_details_pb2.ErrorInfo.DESCRIPTOR):
            detail.Unpack(info)
    return caught.value.code(), info


def test_the_story_by_stock_stubs(stubs, district):
    requests, _ = stubs.load("yizhan.wishes.v1.requests")
    wishes, _ = stubs.load("yizhan.wishes.v1.wish")
    claims, _ = stubs.load("yizhan.wishes.v1.claim")
    states, claim_states = wishes.Wish.State, claims.Claim.State

    # Heard in the street; the same call again, with its key, has no second effect.
    collect = requests.CollectWishRequest(
        worker_id=district.worker_id, title="一个电饭锅", description="站点没有做饭的地方,想自己煮点热饭 🍚",
        category=wishes.CATEGORY_HOME_APPLIANCE, area_code=COMMUNITY, need=wishes.NEED_GOODS,
        delivery=wishes.DELIVERY_TO_WISHER, estimated_cost_fen=29900, source=wishes.SOURCE_STREET_INTERVIEW,
        contact_phone=district.phone, delivery_address="夹马营路18号院")
    key = [("idempotency-key", f"interview-{district.unique}")]
    wish = district.platform.CollectWish(collect, metadata=key)
    assert district.platform.CollectWish(collect, metadata=key) == wish
    assert wish.state == states.STATE_SUBMITTED
    assert wish.contact_phone == f"+86{district.phone[:3]}****{district.phone[7:]}"
    assert (wish.wisher_name, wish.delivery_address) == ("苟**", "****")
    assert (wish.title, wish.draft.title, wish.draft.description) == ("", "****", "****")
    by_platform = district.api(district.platform_token, purpose="fulfilment")
    opened = by_platform.GetWish(requests.GetWishRequest(wish_id=wish.id))
    assert (opened.wisher_name, opened.contact_phone) == ("苟建国", "+86" + district.phone)
    assert opened.delivery_address == "夹马营路18号院"
    assert (opened.draft.title, opened.draft.description) == (collect.title, collect.description)
    code, info = refusal(
        district.api(district.platform_token, purpose="curiosity").GetWish, requests.GetWishRequest(wish_id=wish.id))
    assert (code, info.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "PURPOSE_UNKNOWN")

    # A claimant does not see it yet; nor can it be claimed.
    code, info = refusal(district.union.ClaimWish, requests.ClaimWishRequest(wish_id=wish.id))
    assert (code, info.reason) == (grpc.StatusCode.NOT_FOUND, "WISH_NOT_FOUND")

    # Read by staff, who say what for, and sorted into the list: from now on what it says is public.
    read = district.api(district.staff_token, purpose="fulfilment").GetWish(
        requests.GetWishRequest(wish_id=wish.id))
    assert read.draft == opened.draft
    wish = district.staff.ApproveWish(requests.ApproveWishRequest(wish_id=wish.id, etag=read.etag))
    assert wish.state == states.STATE_LISTED
    assert (wish.title, wish.description, wish.HasField("draft")) == (collect.title, collect.description, False)
    listed = district.union.ListWishes(
        requests.ListWishesRequest(category=wishes.CATEGORY_HOME_APPLIANCE, area_code=STREET))
    seen = next(item for item in listed.wishes if item.id == wish.id)
    assert (seen.wisher_label, seen.area_code) == ("苟师傅", STREET)
    assert not (seen.wisher_name or seen.contact_phone or seen.delivery_address or seen.worker_id)

    # Claimed by many at once: exactly one wins, and the others are told how it is.
    def claim(number):
        claimant = district.union if number % 2 else district.charity
        try:
            return claimant.ClaimWish(requests.ClaimWishRequest(wish_id=wish.id)), number
        except grpc.RpcError:
            return refusal(claimant.ClaimWish, requests.ClaimWishRequest(wish_id=wish.id)), None

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(claim, range(16)))
    won = [(reply, number) for reply, number in outcomes if number is not None]
    assert len(won) == 1
    for outcome, number in outcomes:
        if number is None:
            code, info = outcome
            assert code == grpc.StatusCode.FAILED_PRECONDITION
            assert (info.reason, info.domain) == ("WISH_ALREADY_CLAIMED", "wishes.yizhan")
            assert info.metadata["wish_id"] == wish.id
    claimed, number = won[0]
    claimant, other = (district.union, district.charity) if number % 2 else (district.charity, district.union)
    assert claimed.wisher_name == "苟**"
    claimant_token = district.union_token if number % 2 else district.charity_token
    to_deliver = district.api(claimant_token, purpose="fulfilment").GetWish(requests.GetWishRequest(wish_id=wish.id))
    assert (to_deliver.wisher_name, to_deliver.contact_phone) == ("苟建国", "+86" + district.phone)
    other_view = other.GetWish(requests.GetWishRequest(wish_id=wish.id))
    assert not (other_view.wisher_name or other_view.contact_phone or other_view.claims)
    claim_id = claimed.claims[0].id

    # Delivered, disputed, delivered again, confirmed.
    delivery = requests.FulfilClaimRequest(
        claim_id=claim_id, text="送到站点", photos=["https://photos.example/1.jpg"], receipts_fen=28800)
    delivered = claimant.FulfilClaim(delivery)
    assert (delivered.state, list(delivered.fulfilment.photos)) == (claim_states.STATE_FULFILLED, ["****"])
    read = district.api(claimant_token, purpose="fulfilment").GetClaim(requests.GetClaimRequest(claim_id=claim_id))
    assert list(read.fulfilment.photos) == list(delivery.photos)
    assert not claimant.GetWish(requests.GetWishRequest(wish_id=wish.id)).contact_phone
    code, info = refusal(claimant.ReleaseClaim, requests.ReleaseClaimRequest(claim_id=claim_id, reason="迟了"))
    assert (code, info.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "CLAIM_STATE_CONFLICT")
    assert (info.metadata["state"], info.metadata["allowed"]) == ("FULFILLED", "ACTIVE")
    district.platform.DisputeFulfilment(requests.DisputeFulfilmentRequest(claim_id=claim_id, reason="内胆破了"))
    claimant.FulfilClaim(delivery)
    confirmed = district.platform.ConfirmFulfilment(
        requests.ConfirmFulfilmentRequest(claim_id=claim_id, comment="谢谢", rating=5))
    assert (confirmed.state, confirmed.dispute_count) == (claim_states.STATE_CONFIRMED, 1)
    wish = district.staff.GetWish(requests.GetWishRequest(wish_id=wish.id))
    assert wish.state == states.STATE_CONFIRMED

    # Followed up, and published only with consent.
    report = claimant.AddReport(requests.AddReportRequest(
        wish_id=wish.id, title="一口热饭", text="电饭锅送到了。", media=["https://photos.example/2.mp4"]))
    assert (report.title, report.draft.title, list(report.draft.media)) == ("", "****", ["****"])
    publish = requests.PublishReportRequest(report_id=report.id)
    code, info = refusal(district.staff.PublishReport, publish)
    assert (code, info.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "CONSENT_MISSING")
    consent = requests.SetPublicationConsentRequest(wish_id=wish.id, publication_consent=True, evidence="同意书 18")
    district.platform.SetPublicationConsent(consent)
    district.staff.PublishReport(publish)
    public = {item.id: item for item in other.ListReports(requests.ListReportsRequest()).reports}[report.id]
    assert (public.title, public.text) == ("一口热饭", "电饭锅送到了。")
    assert list(public.media) == ["https://photos.example/2.mp4"] and not public.HasField("draft")
    consent.publication_consent = False
    district.platform.SetPublicationConsent(consent)
    assert report.id not in [item.id for item in other.ListReports(requests.ListReportsRequest()).reports]

    # Every step stands in the history.
    history = district.staff.ListWishHistory(requests.ListWishHistoryRequest(wish_id=wish.id)).entries
    names = [wishes.WishHistoryEntry.Action.Name(entry.action).removeprefix("ACTION_") for entry in history]
    assert names == [
        "COLLECTED", "APPROVED", "CLAIMED", "CLAIM_FULFILLED", "CLAIM_DISPUTED", "CLAIM_FULFILLED",
        "CLAIM_CONFIRMED", "REPORT_ADDED", "CONSENT_GIVEN", "REPORT_PUBLISHED", "REPORT_WITHDRAWN",
        "CONSENT_WITHDRAWN",
    ]
    assert [entry.number for entry in history] == list(range(1, 13))


def test_a_wish_shared_by_money_and_one_by_parts(stubs, district):
    requests, _ = stubs.load("yizhan.wishes.v1.requests")
    wishes, _ = stubs.load("yizhan.wishes.v1.wish")
    claims, _ = stubs.load("yizhan.wishes.v1.claim")

    # 30,000 yuan of appliances for one delivery station.
    wish = district.staff.CollectWish(requests.CollectWishRequest(
        worker_id=district.worker_id, title="站点家电更新", category=wishes.CATEGORY_WORK_CONDITION,
        area_code=STREET, need=wishes.NEED_MONEY, sharing=wishes.SHARING_BY_MONEY, estimated_cost_fen=3_000_000,
        beneficiaries=20))
    district.staff.ApproveWish(requests.ApproveWishRequest(wish_id=wish.id))
    amounts = [250_000, 400_000, 333_333] * 6

    def pledge(position):
        client = district.union if position % 2 else district.charity
        try:
            client.ClaimWish(requests.ClaimWishRequest(wish_id=wish.id, amount_fen=amounts[position]))
            return amounts[position]
        except grpc.RpcError as error:
            assert error.code() == grpc.StatusCode.FAILED_PRECONDITION
            return 0

    with concurrent.futures.ThreadPoolExecutor(18) as pool:
        pledged = sum(pool.map(pledge, range(len(amounts))))
    after = district.staff.GetWish(requests.GetWishRequest(wish_id=wish.id))
    assert pledged <= 3_000_000
    assert after.open_units == 3_000_000 - pledged

    wish = district.staff.CollectWish(requests.CollectWishRequest(
        worker_id=district.worker_id, title="水壶和书架", category=wishes.CATEGORY_GOODS, area_code=STREET,
        need=wishes.NEED_GOODS, sharing=wishes.SHARING_BY_PARTS,
        parts=[wishes.WishPart(name="电热水壶", quantity=5), wishes.WishPart(name="书架", quantity=1)]))
    district.staff.ApproveWish(requests.ApproveWishRequest(wish_id=wish.id))
    three = requests.ClaimWishRequest(wish_id=wish.id, parts=[claims.ClaimPart(number=1, quantity=3)])
    assert district.union.ClaimWish(three).open_units == 3
    code, info = refusal(district.charity.ClaimWish, three)
    assert (code, info.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "CLAIM_EXCEEDS_NEED")
    assert {name: info.metadata[name] for name in ("field", "asked", "open")} == {
        "field": "parts[0].quantity", "asked": "3", "open": "2"}


def test_a_claim_that_is_not_kept_in_time_comes_back_to_the_list(stubs, district):
    import time

    requests, _ = stubs.load("yizhan.wishes.v1.requests")
    wishes, _ = stubs.load("yizhan.wishes.v1.wish")
    wish = district.staff.CollectWish(requests.CollectWishRequest(
        worker_id=district.worker_id, title="一双雨靴", category=wishes.CATEGORY_GOODS, area_code=STREET,
        need=wishes.NEED_GOODS))
    district.staff.ApproveWish(requests.ApproveWishRequest(wish_id=wish.id))
    district.union.ClaimWish(requests.ClaimWishRequest(wish_id=wish.id, hold_seconds=10))
    deadline = time.monotonic() + 20
    while district.staff.GetWish(requests.GetWishRequest(wish_id=wish.id)).state != wishes.Wish.STATE_LISTED:
        assert time.monotonic() < deadline, "the claim did not lapse"
        time.sleep(0.2)
    assert district.charity.ClaimWish(requests.ClaimWishRequest(wish_id=wish.id)).claims


class Cli:
    """`yizhan` with one token, its JSON output read."""

    def __init__(self, host, token, home):
        self.environment = {
            **os.environ, "YIZHAN_SERVER": host.address, "YIZHAN_TOKEN": token, "HOME": str(home),
        }

    def __call__(self, *arguments):
        done = self.run(*arguments)
        assert done.returncode == 0, f"yizhan {' '.join(arguments)}\n{done.stdout}{done.stderr}"
        return json.loads(done.stdout)

    def run(self, *arguments, output="json"):
        return subprocess.run(
            [BIN / "yizhan", *arguments, "--output", output], env=self.environment, capture_output=True, text=True,
            timeout=30)


def test_the_story_by_the_cli(host, district, tmp_path):
    platform = Cli(host, district.platform_token, tmp_path)
    staff = Cli(host, district.staff_token, tmp_path)
    union = Cli(host, district.union_token, tmp_path)
    charity = Cli(host, district.charity_token, tmp_path)

    wish = platform(
        "wishes", "collect", "--worker-id", district.worker_id, "--title", "一个电饭锅", "--category",
        "HOME_APPLIANCE", "--area-code", COMMUNITY, "--need", "GOODS", "--delivery", "TO_WISHER",
        "--contact-phone", district.phone)
    wish_id = wish["id"]
    # As the module's README has it: who moderates reads what waits, and approves it.
    waiting = staff.run(
        "wishes", "list", "--state", "SUBMITTED", "--columns", "id,area_code,draft.title,draft.description",
        "--unmask-for", "fulfilment", output="csv")
    assert waiting.returncode == 0 and f"{wish_id},{COMMUNITY},一个电饭锅," in waiting.stdout, waiting
    read = staff("wishes", "get", "--wish-id", wish_id, "--unmask-for", "fulfilment")
    assert read["draft"]["title"] == "一个电饭锅" and wish["draft"]["title"] == "****"
    staff("wishes", "approve", "--wish-id", wish_id)
    listed = union("wishes", "list", "--state", "LISTED", "--category", "HOME_APPLIANCE")
    assert wish_id in [item["id"] for item in rows(listed)]
    claimed = union("wishes", "claim", "--wish-id", wish_id)
    assert state(claimed) == "CLAIMED"
    claim_id = claimed["claims"][0]["id"]

    refused = charity.run("wishes", "claim", "--wish-id", wish_id)
    assert refused.returncode != 0
    assert "WISH_ALREADY_CLAIMED" in refused.stdout + refused.stderr

    assert state(union("wishes", "fulfil-claim", "--claim-id", claim_id, "--text", "送到站点")) == "FULFILLED"
    confirmed = platform("wishes", "confirm-fulfilment", "--claim-id", claim_id, "--rating", "5")
    assert state(confirmed) == "CONFIRMED"
    report = union("wishes", "add-report", "--wish-id", wish_id, "--title", "一口热饭", "--text", "送到了。")
    platform(
        "wishes", "set-publication-consent", "--wish-id", wish_id, "--publication-consent", "--evidence", "同意书")
    published = staff("wishes", "publish-report", "--report-id", report["id"])
    assert state(published) == "PUBLISHED"
    assert state(staff("wishes", "get", "--wish-id", wish_id)) == "CONFIRMED"


def rows(reply):
    """A list's rows, whether the CLI prints the reply or the rows alone."""
    return reply if isinstance(reply, list) else reply.get("wishes", [])


def state(reply):
    return reply["state"].removeprefix("STATE_")
