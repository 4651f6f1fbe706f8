"""Personal values of many workers go through a real host and the CLI; none stands anywhere in the clear."""

import csv
import os
import random
import time

import grpc
import pytest

import make_workers
from canary import Canary, copy_of_database, places_of, wrapped_keys
from cli_test import AREAS, CLI

COUNTY = "410304"
COUNT = 24
# What people write; wishes and reports with these are never public, and no mask leaves anything of them.
TEXTS = (
    "title", "description", "part", "report", "story", "form", "consent", "note", "delivery", "comment", "refusal",
    "reason")
# Names of files in stores of the callers' own.
REFERENCES = ("photo", "media")


class Person:
    """One worker's personal values, all of them unlike any other text."""

    def __init__(self, canary, masked, chance, number):
        def words(name, length=7):
            return add(name, "".join(chr(chance.randrange(0x4E00, 0x9FA6)) for _ in range(length)))

        def add(name, value):
            masked.add(f"{name} of person {number}", value)
            return canary.add(f"{name} of person {number}", value)

        birth = f"{chance.randrange(1966, 2004)}-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}"
        digits = COUNTY + birth.replace("-", "") + f"{chance.randrange(1000):03}"
        self.name = words("name", 3)
        self.identity_number = add("identity number", digits + make_workers.check_character(digits))
        add("birth date", birth)
        self.phone, self.other_phone, self.volunteer_phone, self.guardian_phone = (
            add(what, f"1{chance.choice('3589')}{chance.randrange(10 ** 9):09}")
            for what in ("phone", "other phone", "volunteer's phone", "guardian's phone"))
        self.staff_number = add("staff number", f"B{chance.randrange(10 ** 11):011}")
        for name in ("branch", "union", "guardian", "address", "volunteer", *TEXTS):
            setattr(self, name, words(name))
        for name in REFERENCES:
            setattr(self, name, "https://photos.example/" + words(name) + ".jpg")


class World:
    """A host that logs everything it can, its stubs, and what it has told callers who failed."""

    def __init__(self, host, stubs, folder):
        self.host, self.folder = host, folder
        self.workers, self.wishes, self.privacy = (
            stubs.load(name) for name in (
                "yizhan.workers.v1.worker_service", "yizhan.wishes.v1.requests", "yizhan.privacy.v1.consent"))
        self.wish, self.claim = (stubs.load(name)[0] for name in ("yizhan.wishes.v1.wish", "yizhan.wishes.v1.claim"))
        self.rights = stubs.load("yizhan.privacy.v1.rights")
        self.audit = stubs.load("yizhan.audit.v1.audit")
        self.organisations = stubs.load("yizhan.workers.v1.organisation")
        self.wish_services = stubs.load("yizhan.wishes.v1.wish_service")[1]
        self.cli = CLI(host, folder)
        self.cli.run("login", text=host.token + "\n")
        self.staff = self.cli.json(
            "access", "create-token", "--principal-name", "wang.fang", "--roles", "staff")["secret"]
        self.cli.run("workers", "import-areas", AREAS, "--coordinate-system", "gcj02")
        self.told, self.shown = [], []
        self.connect()

    def connect(self):
        def of(purpose):
            channel = self.host.channel(self.staff, purpose=purpose)
            return (
                self.workers[1].WorkerServiceStub(channel), self.wish_services.WishServiceStub(channel),
                self.privacy[1].ConsentServiceStub(channel), self.rights[1].PersonalDataServiceStub(channel))

        self.register, self.wishing, self.consents, self.persons = of(None)
        self.organising = self.organisations[1].OrganisationServiceStub(self.host.channel())
        self.clear = {purpose: of(purpose) for purpose in ("register", "affiliation", "fulfilment", "rights")}

    def fails(self, call, request, **options):
        """Makes a call that must fail, and keeps all that it says."""
        with pytest.raises(grpc.RpcError) as error:
            call(request, **options)
        self.told.append(f"{error.value.details()} {error.value.trailing_metadata()}")

    def cli_fails(self, *arguments, code=1):
        done = self.cli.run(*arguments, code=code)
        self.told.append(done.stdout + done.stderr)

    def seen(self, reply):
        """Keeps a masked reply."""
        self.shown += [str(reply).encode(), reply.SerializeToString()]
        return reply


@pytest.fixture(scope="module")
def world(new_host, stubs, tmp_path_factory):
    host = new_host("canary", "--log-level", "trace", "--slow-call-milliseconds", "1")
    return World(host, stubs, tmp_path_factory.mktemp("canary-cli"))


def enter(world, person, number):
    """Registers a worker by a call, by the CLI or by a file, in turn. Returns the identifier."""
    messages = world.workers[0]
    affiliation = {
        "party_membership": "PARTY_MEMBERSHIP_FULL", "party_branch": person.branch, "union_name": person.union}
    request = messages.RegisterWorkerRequest(
        name=person.name, identity_number=person.identity_number, phone=person.phone, area_code=COUNTY,
        affiliation=affiliation)
    # Refused: no consent, a worker of another name with this phone, a number that fails its check.
    world.fails(world.register.RegisterWorker, request)
    request.affiliation_consent = person.form
    way = number % 3
    if way == 0:
        key = [("idempotency-key", f"canary-{number}")]
        reply = world.seen(world.register.RegisterWorker(request, metadata=key))
        assert world.register.RegisterWorker(request, metadata=key) == reply
        worker = reply.worker.id
        request.phone = person.other_phone
        world.fails(world.register.RegisterWorker, request, metadata=key)
    elif way == 1:
        world.cli_fails("workers", "register", "--name", person.name, "--phone", person.phone[:-1], "--area-code", COUNTY)
        reply = world.cli.json(
            "workers", "register", "--name", person.name, "--identity-number", person.identity_number, "--phone",
            person.phone, "--area-code", COUNTY, "--affiliation-consent", person.form, "--affiliation",
            '{"partyBranch": "%s", "unionName": "%s"}' % (person.branch, person.union))
        worker = reply["worker"]["id"]
        world.shown.append(str(reply).encode())
    else:
        path = world.folder.parent / f"rows-{number}.csv"
        good = {
            "name": person.name, "identity_number": person.identity_number, "phone": person.phone, "area_code": COUNTY,
            "party_membership": "党员", "party_branch": person.branch, "affiliation_consent": person.form}
        bad = [dict(good, phone=person.other_phone[:-1]), dict(good, identity_number=person.identity_number[:-1] + "?")]
        with open(path, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, make_workers.COLUMNS)
            writer.writeheader()
            writer.writerows([good, *bad])
        done = world.cli.run("workers", "import-workers", path, "--import-id", f"canary-{number}", code=2)
        world.told.append(done.stdout + done.stderr)
        worker = world.register.FindWorker(messages.FindWorkerRequest(phone=person.phone)).id
    wrong = messages.RegisterWorkerRequest(name=person.guardian, phone=person.phone, area_code=COUNTY)
    world.fails(world.register.RegisterWorker, wrong)
    world.fails(world.register.UpdateWorker, messages.UpdateWorkerRequest(id=worker, name=person.name + "9"))
    world.seen(world.register.UpdateWorker(messages.UpdateWorkerRequest(id=worker, other_phones=[person.other_phone])))
    world.seen(world.register.GetWorker(messages.GetWorkerRequest(id=worker)))
    employment = messages.NewEmployment(
        organisation_id=world.platform, occupation="OCCUPATION_COURIER", staff_number=person.staff_number)
    world.seen(world.register.AddEmployment(messages.AddEmploymentRequest(worker_id=worker, employment=employment)))
    world.fails(world.register.AddEmployment, messages.AddEmploymentRequest(worker_id=worker, employment=employment))
    world.seen(world.register.EndEmployment(
        messages.EndEmploymentRequest(worker_id=worker, organisation_id=world.platform)))
    opened = world.clear["register"][0].GetWorker(messages.GetWorkerRequest(id=worker))
    assert (opened.name, opened.identity_number) == (person.name, person.identity_number)
    assert [employment.staff_number for employment in opened.employments] == [person.staff_number]
    assert world.clear["affiliation"][0].GetWorker(
        messages.GetWorkerRequest(id=worker)).affiliation.party_branch == person.branch
    return worker


def wish_for(world, person, worker, number):
    """A wish that is never public, or one that is delivered and told of, with all that somebody may say."""
    requests, wishes = world.wishes[0], world.wishing
    is_public = number % 2 == 0
    text = lambda secret, public: public if is_public else secret
    collect = requests.CollectWishRequest(
        worker_id=worker, title=text(person.title, "一个电饭锅"), description=text(person.description, "想煮点热饭"),
        category=world.wish.CATEGORY_HOME_APPLIANCE, area_code=COUNTY, need=world.wish.NEED_GOODS,
        sharing=world.wish.SHARING_BY_PARTS, delivery=world.wish.DELIVERY_TO_WISHER,
        parts=[world.wish.WishPart(name=text(person.part, "锅"), quantity=1)], contact_phone=person.phone,
        delivery_address=person.address, publication_consent=True, consent_evidence=person.consent,
        source=world.wish.SOURCE_STREET_INTERVIEW)
    wish = world.seen(wishes.CollectWish(collect))
    get = requests.GetWishRequest(wish_id=wish.id)
    collect.contact_phone = person.phone[:-1]
    world.fails(wishes.CollectWish, collect)
    # What is not public yet is masked in whatever shows it, and whole for those who moderate.
    assert (wish.draft.title, wish.draft.description, list(wish.draft.part_names)) == ("****", "****", ["****"])
    assert not (wish.title or wish.description or wish.parts[0].name)
    world.seen(wishes.GetWish(get))
    waiting = requests.ListWishesRequest(worker_id=worker, state=world.wish.Wish.STATE_SUBMITTED)
    assert [listed.id for listed in world.seen(wishes.ListWishes(waiting)).wishes] == [wish.id]
    opened = world.clear["fulfilment"][1].GetWish(get)
    assert opened.delivery_address == person.address and opened.draft.title == collect.title
    assert (opened.draft.description, opened.draft.part_names[0]) == (collect.description, collect.parts[0].name)
    if not is_public:
        world.fails(wishes.ApproveWish, requests.ApproveWishRequest(wish_id=wish.id, etag="999"))
        world.seen(wishes.ReturnWish(requests.ReturnWishRequest(wish_id=wish.id, reason=person.refusal)))
        world.seen(wishes.UpdateWish(
            requests.UpdateWishRequest(wish_id=wish.id, title=person.title + person.reason)))
        world.seen(wishes.ResubmitWish(requests.ResubmitWishRequest(wish_id=wish.id)))
        if number % 4 == 1:
            world.seen(wishes.RejectWish(requests.RejectWishRequest(wish_id=wish.id, reason=person.refusal)))
        world.seen(wishes.GetWish(get))
        return
    world.seen(wishes.ApproveWish(requests.ApproveWishRequest(wish_id=wish.id)))
    world.seen(wishes.ListWishes(requests.ListWishesRequest()))
    claimed = world.seen(wishes.ClaimWish(requests.ClaimWishRequest(
        wish_id=wish.id, organisation_id=world.charity, parts=[world.claim.ClaimPart(number=1, quantity=1)],
        note=person.note, contact_name=person.volunteer, contact_phone=person.volunteer_phone)))
    claim = claimed.claims[0].id
    # With receipts, the evidence outlives the wisher, sealed.
    delivery = requests.FulfilClaimRequest(
        claim_id=claim, text=person.delivery, photos=[person.photo], receipts_fen=number % 4 * 1000)
    world.seen(wishes.FulfilClaim(delivery))
    world.fails(wishes.FulfilClaim, delivery)
    world.seen(wishes.ConfirmFulfilment(
        requests.ConfirmFulfilmentRequest(claim_id=claim, comment=person.comment, rating=5)))
    world.seen(wishes.GetWish(get))
    opened = world.clear["fulfilment"][1].GetClaim(requests.GetClaimRequest(claim_id=claim))
    assert list(opened.fulfilment.photos) == [person.photo]
    report = world.seen(wishes.AddReport(requests.AddReportRequest(
        wish_id=wish.id, title=person.report, text=person.story, media=[person.media])))
    opened = world.clear["fulfilment"][1].GetReport(requests.GetReportRequest(report_id=report.id))
    assert (opened.draft.text, list(opened.draft.media)) == (person.story, [person.media])


def consent(world, person, worker):
    """A guardian's consent, where none would be needed."""
    messages = world.privacy[0]
    request = messages.GrantConsentRequest(
        person_id=worker, purpose="fulfilment", evidence=person.form,
        guardian=messages.Guardian(name=person.guardian, relation="aunt", phone=person.guardian_phone))
    request.separate = False
    try:
        world.seen(world.consents.GrantConsent(request))
    except grpc.RpcError as error:
        world.told.append(f"{error.details()} {error.trailing_metadata()}")
        request.separate = True
        world.seen(world.consents.GrantConsent(request))
    request.guardian.name = ""
    world.fails(world.consents.GrantConsent, request)


def look(world, person, worker):
    """The person's own view, masked and not, the file to take along, and who looked."""
    messages = world.rights[0]
    world.seen(world.persons.GetPersonalView(messages.GetPersonalViewRequest(person_id=worker)))
    world.cli_fails("privacy", "export-personal-data", worker)
    file = world.cli.json("privacy", "export-personal-data", worker, "--unmask-for", "rights")
    held = {value["value"] for record in file["records"] for value in record.get("values", [])}
    assert {person.name, person.identity_number, person.form, person.guardian, person.address} <= held
    accesses = world.seen(world.persons.ListAccesses(messages.ListAccessesRequest(person_id=worker))).accesses
    assert {"register", "affiliation", "fulfilment", "rights"} <= {access.purpose for access in accesses}


def erase(world, person, worker):
    messages = world.rights[0]
    preview = world.seen(world.persons.PreviewErasure(messages.PreviewErasureRequest(person_id=worker)))
    assert {part.module for part in preview.parts} == {"privacy", "workers", "wishes"}
    world.fails(world.persons.ErasePerson, messages.ErasePersonRequest(
        person_id=worker, etag="stale", legal_basis=messages.LEGAL_BASIS_CONSENT_WITHDRAWN, reason=person.reason))
    world.seen(world.persons.ErasePerson(messages.ErasePersonRequest(
        person_id=worker, etag=preview.etag, legal_basis=messages.LEGAL_BASIS_CONSENT_WITHDRAWN, reason=person.reason)))
    world.fails(world.register.GetWorker, world.workers[0].GetWorkerRequest(id=worker))
    world.fails(world.clear["rights"][3].ExportPersonalData, messages.ExportPersonalDataRequest(person_id=worker))


def erase_contact(world, person):
    """Somebody who is the contact of an organisation, and in no register, has the same rights."""
    messages = world.rights[0]
    view = world.persons.GetPersonalView(messages.GetPersonalViewRequest(person_id=person))
    assert [record.title for record in view.records] == ["contact of an organisation"]
    preview = world.seen(world.persons.PreviewErasure(messages.PreviewErasureRequest(person_id=person)))
    world.seen(world.persons.ErasePerson(messages.ErasePersonRequest(
        person_id=person, etag=preview.etag, legal_basis=messages.LEGAL_BASIS_CONSENT_WITHDRAWN, reason="一别两宽")))
    organisation = world.organising.GetOrganisation(
        world.organisations[0].GetOrganisationRequest(id=world.charity))
    assert not (organisation.contact_name or organisation.contact_person_id)


def records(world):
    """All that auditors are shown: each record of the log with the rows that it changed."""
    messages, services = world.audit
    audit = services.AuditServiceStub(world.host.channel())
    last = audit.GetHead(messages.GetHeadRequest()).sequence
    return [audit.GetRecord(messages.GetRecordRequest(sequence=number)) for number in range(1, last + 1)]


def test_nothing_personal_is_anywhere_in_the_clear(world, tmp_path):
    seed = int(os.environ.get("YIZHAN_SEED", random.randrange(10 ** 9)))
    print(f"YIZHAN_SEED={seed}")
    canary, masked, chance = Canary(), Canary(), random.Random(seed)
    contact = "".join(chr(chance.randrange(0x4E00, 0x9FA6)) for _ in range(3))
    charity = world.organising.CreateOrganisation(world.organisations[0].CreateOrganisationRequest(
        kind="ORGANISATION_KIND_CHARITY", name="洛阳慈善会", area_code=COUNTY,
        contact_name=canary.add("contact", contact)))
    world.charity = charity.id
    world.platform = world.organising.CreateOrganisation(world.organisations[0].CreateOrganisationRequest(
        kind="ORGANISATION_KIND_PLATFORM", name="顺丰速运", area_code=COUNTY)).id
    people = {}
    for number in range(COUNT):
        person = Person(canary, masked, chance, number)
        worker = enter(world, person, number)
        people[worker] = person
        wish_for(world, person, worker, number)
        consent(world, person, worker)
        look(world, person, worker)
    (tmp_path / "after").mkdir()
    world.cli.run("audit", "export", tmp_path / "audit.log")

    def nowhere():
        time.sleep(1.2)  # An idle host copies its log into the database after a second.
        assert canary.hits_in(world.host, tmp_path / "before") == []
        assert canary.hits("\n".join(world.told), "what callers were told of failures") == []
        assert masked.hits(b"\n".join(world.shown), "what callers were shown masked") == []
        assert canary.hits((tmp_path / "audit.log").read_bytes(), "the exported audit log") == []
        assert canary.hits_below(tmp_path / "after") == []

    nowhere()
    # The search can fail: what is public is found, and so is a planted value, in the file and in its log.
    public = Canary()
    public.add("an organisation", "洛阳慈善会")
    assert any("yizhan.db" in hit for hit in public.hits_in(world.host, tmp_path / "before"))
    planted = copy_of_database(world.host, tmp_path / "planted")
    first = next(iter(people.values()))
    planted.write_bytes(planted.read_bytes() + first.phone.encode("utf-16-le"))
    assert canary.hits_below(tmp_path / "planted") == ["phone of person 0 as UTF-16LE in copy.db"]

    keyed = [*people, charity.contact_person_id]
    keys = wrapped_keys(world.host, tmp_path / "keys", keyed)
    assert all(keys.values()) and "yizhan.db" in places_of(keys.values(), world.host, tmp_path / "keys")
    for worker, person in people.items():
        erase(world, person, worker)
    erase_contact(world, charity.contact_person_id)
    shown = records(world)
    assert canary.hits(b"\n".join(record.SerializeToString() for record in shown), "audit records") == []
    # What one person's records held is gone, what concerned nobody is not, and all say who did it.
    assert any(record.changes_erased for record in shown) and any(record.changes for record in shown)
    assert all(record.principal_id and record.hash for record in shown)
    world.cli.run("audit", "export", tmp_path / "after" / "audit.log")
    nowhere()
    # What is still there, sealed, opens for nobody: the keys are gone, from the log's old frames too.
    assert set(wrapped_keys(world.host, tmp_path / "keys", keyed).values()) == {None}
    deadline = time.monotonic() + 15
    while places := places_of(keys.values(), world.host, tmp_path / "keys"):
        assert time.monotonic() < deadline, f"destroyed keys are still in {places}"
        time.sleep(0.5)

    world.host.kill()
    world.host.start()
    world.connect()
    nowhere()
    assert places_of(keys.values(), world.host, tmp_path / "keys") == []
    view = world.persons.GetPersonalView(world.rights[0].GetPersonalViewRequest(person_id=next(iter(people))))
    assert not view.records and view.erasure.parts
