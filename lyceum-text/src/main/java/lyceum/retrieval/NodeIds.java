package lyceum.retrieval;

import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Which node stands for an id. As long as ids come as 0, 1, 2 and so on and none is taken out, they are the nodes' own numbers and nothing is kept; a table would take 80 bytes
 * a node. One thread changes it, any may read.
 */
final class NodeIds {
    private record Table(Map<Long, Integer> nodes, long[] ids) {}

    private volatile Table table;
    private volatile int nodes;

    /** Nodes, those of removed ids too. */
    int nodes() { return nodes; }

    /** Ids that stand for a node. */
    int size() {
        var now = table;
        return now == null ? nodes : now.nodes.size();
    }

    /** The node of an id, or -1. */
    int node(long id) {
        var now = table;
        if (now != null) return now.nodes.getOrDefault(id, -1);
        return id >= 0 && id < nodes ? (int) id : -1;
    }

    long id(int node) {
        var now = table;
        return now == null ? node : now.ids[node];
    }

    /** The next node stands for this id, which no other does. */
    void add(long id) {
        int node = nodes;
        if (table == null && id != node) table = tabled();
        var now = table;
        if (now != null) {
            var ids = node < now.ids.length ? now.ids : Arrays.copyOf(now.ids, 2 * node);
            ids[node] = id;
            if (ids != now.ids) table = new Table(now.nodes, ids);
            now.nodes.put(id, node);
        }
        nodes = node + 1;
    }

    /** Nothing stands for the id any longer; gives the node that did, or -1. */
    int remove(long id) {
        int node = node(id);
        if (node < 0) return -1;
        if (table == null) table = tabled();
        table.nodes.remove(id);
        return node;
    }

    private Table tabled() {
        var all = new Table(new ConcurrentHashMap<>(), new long[Math.max(16, 2 * nodes)]);
        for (int node = 0; node < nodes; node++) {
            all.ids[node] = node;
            all.nodes.put((long) node, node);
        }
        return all;
    }
}
