"""Where applications are started: ports that are taken, left and exchanged; the keeper below is in memory."""

from msgspec.structs import replace as but

from chorus.cluster.keeper import wire
from chorus.cluster.messages import Done, Failed, Start


async def test_the_socket_is_the_one_that_is_asked_for_and_the_load_page_is_for_our_own_workers(cluster, web):
    seen, open_it = [], cluster.keeper._OpenListener
    cluster.keeper._OpenListener = lambda command: seen.append(command) or open_it(command)
    program = but(web, name="program", app=None, command=("serve",), port=8001, settle=0.0)

    await cluster.ask(Start(applications=[but(web, host="::1", backlog=10)]))
    await cluster.ask(Start(applications=[program]))

    assert [(each.name, each.host, each.port, each.backlog) for each in seen] == [
        ("web", "::1", 8000, 10), ("program", "127.0.0.1", 8001, 4096),
    ]  # fmt: skip
    assert cluster.keeper.pages == {"web"}


async def test_a_port_in_use_is_named_and_nothing_is_started(cluster, web):
    cluster.keeper.taken_ports = {8000}

    answer = await cluster.ask(Start(applications=[web]))

    assert isinstance(answer, Failed)
    assert answer.code == "address_in_use"
    assert answer.message.startswith("web: port 8000 on 127.0.0.1 is held by ")
    assert cluster.keeper.spawned == []


async def test_a_port_of_another_application_of_this_home_is_called_by_its_name(cluster, web):
    """And nobody is advised to end the process that holds it, which is our keeper."""
    await cluster.ask(Start(applications=[web]))
    cluster.keeper.taken_ports = {8000}

    answer = await cluster.ask(Start(applications=[but(web, name="shop")]))

    assert isinstance(answer, Failed)
    assert answer.message == (
        "shop: port 8000 on 127.0.0.1 is held by web, an application of this home; give another PORT"
    )


async def test_started_under_another_address_it_moves_there(cluster, web):
    await cluster.ask(Start(applications=[web]))

    await cluster.ask(Start(applications=[but(web, port=8002)]))

    assert (await cluster.status()).address == "127.0.0.1:8002"
    assert await cluster.states() == ["online", "online"]


async def test_a_taken_port_of_a_later_application_is_found_before_the_first_is_started(cluster, web):
    cluster.keeper.taken_ports = {8000}
    job = but(web, name="job", app=None, command=("job",), port=None, instances=1)

    answer = await cluster.ask(Start(applications=[job, web]))

    assert (answer.code, cluster.keeper.spawned, cluster.progress) == ("address_in_use", [], [])


async def test_an_application_that_is_to_move_to_a_port_that_is_taken_goes_on_where_it_is(cluster, web):
    await cluster.ask(Start(applications=[web]))
    cluster.keeper.taken_ports = {8001}

    answer = await cluster.ask(Start(applications=[but(web, port=8001)]))

    assert answer.code == "address_in_use"
    assert await cluster.states() == ["online", "online"]
    assert cluster.keeper.listeners == {"web": wire.Listener("web", "127.0.0.1", 8000)}
    assert cluster.manager.applications["web"].spec.port == 8000


async def test_a_port_that_a_later_one_leaves_is_taken_before_the_first_is_touched(cluster, web):
    first = but(web, name="first", port=9000)
    await cluster.ask(Start(applications=[web, first]))
    before = list(cluster.keeper.spawned)

    changed, shop, moved = but(first, env={"A": "1"}), but(web, name="shop"), but(web, port=8001)
    answer = await cluster.ask(Start(applications=[changed, shop, moved]))

    assert (answer.code, cluster.keeper.spawned) == ("address_in_use", before)


async def test_a_taken_port_that_a_later_one_is_to_move_to_is_found_before_the_first_is_touched(cluster, web):
    first = but(web, name="first", port=9000)
    await cluster.ask(Start(applications=[first, web]))
    before = list(cluster.keeper.spawned)
    cluster.keeper.taken_ports = {8001}

    answer = await cluster.ask(Start(applications=[but(first, env={"A": "1"}), but(web, port=8001)]))

    assert (answer.code, cluster.keeper.spawned) == ("address_in_use", before)


async def test_what_is_left_alone_frees_no_port(cluster, web):
    await cluster.ask(Start(applications=[web]))
    before = list(cluster.keeper.spawned)

    later = [but(web, name="new", port=8002), but(web, name="shop")]
    answer = await cluster.ask(Start(applications=[but(web, port=8001), *later], if_absent=True))

    assert (answer.code, cluster.keeper.spawned) == ("address_in_use", before)


async def test_an_application_that_is_to_move_to_an_address_that_this_machine_has_not_goes_on_where_it_is(cluster, web):
    await cluster.ask(Start(applications=[web]))
    cluster.keeper.foreign_hosts = {"203.0.113.9"}

    answer = await cluster.ask(Start(applications=[but(web, host="203.0.113.9")]))

    assert answer.code == "address_not_available"
    assert await cluster.states() == ["online", "online"]
    assert cluster.keeper.listeners == {"web": wire.Listener("web", "127.0.0.1", 8000)}


async def test_an_application_moves_from_one_address_to_all_of_them_and_back(cluster, web):
    """No socket can be tried beside the one that is open, whose port it shares on that address."""
    await cluster.ask(Start(applications=[web]))

    for host in ("0.0.0.0", "127.0.0.1"):
        assert await cluster.ask(Start(applications=[but(web, host=host)])) == Done("started web")
        assert cluster.keeper.listeners == {"web": wire.Listener("web", host, 8000)}


async def test_a_stranger_on_the_port_of_another_address_is_not_taken_for_an_application_of_ours(cluster, web):
    await cluster.ask(Start(applications=[web]))
    cluster.keeper.taken_ports = {8000}

    answer = await cluster.ask(Start(applications=[but(web, host="127.0.0.2")]))

    assert answer.message.startswith("web: port 8000 on 127.0.0.2 is held by another process")


async def test_an_application_that_moves_leaves_its_port_to_one_that_is_started_after_it(cluster, web):
    await cluster.ask(Start(applications=[web]))

    answer = await cluster.ask(Start(applications=[but(web, port=8001), but(web, name="shop", port=8000)]))

    assert answer == Done("started web, shop")
    assert {name: each.port for name, each in cluster.keeper.listeners.items()} == {"web": 8001, "shop": 8000}
