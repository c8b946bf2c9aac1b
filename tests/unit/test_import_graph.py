"""The import graph of the package has no cycle, including imports under TYPE_CHECKING."""

from __future__ import annotations

import grimp


def import_cycles(graph: grimp.ImportGraph) -> list[list[str]]:
    """Find the strongly connected components of several modules (Tarjan, SIAM J. Comput. 1972)."""
    index: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    cycles = []
    for root in sorted(graph.modules):
        if root in index:
            continue
        work = [(root, iter(sorted(graph.find_modules_directly_imported_by(root))))]
        index[root] = lowest[root] = len(index)
        stack.append(root)
        while work:
            module, imported = work[-1]
            for other in imported:
                if other not in index:
                    index[other] = lowest[other] = len(index)
                    stack.append(other)
                    following = iter(sorted(graph.find_modules_directly_imported_by(other)))
                    work.append((other, following))
                    break
                if other in stack:
                    lowest[module] = min(lowest[module], index[other])
            else:
                work.pop()
                if work:
                    lowest[work[-1][0]] = min(lowest[work[-1][0]], lowest[module])
                if lowest[module] == index[module]:
                    start = stack.index(module)
                    component, stack[start:] = stack[start:], []
                    if len(component) > 1:
                        cycles.append(component)
    return cycles


def test_cycles_are_found():
    graph = grimp.ImportGraph()
    for importer, imported in (("a", "b"), ("b", "c"), ("c", "b"), ("c", "d"), ("e", "a")):
        for module in (importer, imported):
            graph.add_module(module)
        graph.add_import(importer=importer, imported=imported)
    assert [sorted(cycle) for cycle in import_cycles(graph)] == [["b", "c"]]


def test_no_module_imports_itself_through_others():
    graph = grimp.build_graph(
        "confdiff_widgets", exclude_type_checking_imports=False, cache_dir=None
    )
    assert import_cycles(graph) == []
