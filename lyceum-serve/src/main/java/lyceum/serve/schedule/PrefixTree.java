package lyceum.serve.schedule;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What was computed for earlier requests and may serve later ones: a compressed tree whose edges are runs of ids and the blocks that hold their keys and values. Runs are
 * whole pages, a page being a block of the pool, and part at page borders. Requests of different salts never meet.
 *
 * {@snippet :
 * var tree = new PrefixTree(pool);
 * tree.insert("", ids, table);                                // what the sequence has in full blocks
 * int[] known = tree.match("", other, other.length - 1);      // blocks of its longest known beginning
 * pool.adopt(table2, known);
 * }
 *
 * <p>The tree holds one reference to each of its blocks. Blocks that nobody else refers to can be {@linkplain #evict evicted}, ends of the least recently used branches
 * first.
 *
 * @see <a href="https://arxiv.org/abs/2312.07104">Zheng et al. (2024): RadixAttention</a>
 */
public final class PrefixTree {
    private final BlockPool pool;
    private final int page;
    private final Map<String, Node> roots = new HashMap<>();
    private long tick;
    private int pages;

    /** A branch: its run of ids in whole pages, and their blocks. */
    public static final class Node {
        private int[] ids, blocks;
        private final Map<Page, Node> children = new HashMap<>();
        private Node parent;
        private long used;

        private Node(int[] ids, int[] blocks, Node parent) {
            this.ids = ids;
            this.blocks = blocks;
            this.parent = parent;
        }

        /** The run. */
        public int[] ids() { return ids.clone(); }

        public int[] blocks() { return blocks.clone(); }

        /** Branches, by their ids. */
        public List<Node> children() {
            return children.values().stream().sorted(Comparator.comparing(n -> n.ids, Arrays::compare)).toList();
        }
    }

    /** Ids of a page as a key. */
    private record Page(int[] ids, int from, int length) {
        @Override public boolean equals(Object o) {
            return o instanceof Page p && Arrays.equals(ids, from, from + length, p.ids, p.from, p.from + p.length);
        }

        @Override public int hashCode() {
            int hash = 1;
            for (int i = from; i < from + length; i++) hash = 31 * hash + ids[i];
            return hash;
        }
    }

    /** An empty one whose pages are blocks of that pool. */
    public PrefixTree(BlockPool pool) {
        this.pool = pool;
        page = pool.blockSize();
    }

    /** Pages that it holds. */
    public int pages() { return pages; }

    /** Pages that nobody but the tree refers to. */
    public int evictable() { return roots.values().stream().mapToInt(this::evictable).sum(); }

    private int evictable(Node node) {
        int sum = 0;
        for (int block : node.blocks) if (pool.references(block) == 1) sum++;
        for (var child : node.children.values()) sum += evictable(child);
        return sum;
    }

    /** Salts of which it holds something. */
    int salts() { return roots.size(); }

    /** The tree of a salt, an empty node where there is none. */
    public Node root(String salt) {
        var root = roots.get(salt);
        return root == null ? new Node(new int[0], new int[0], null) : root;
    }

    /** Pages at which the run of a node agrees with ids from a place on. */
    private int agreed(Node node, int[] ids, int from, int length) {
        int n = 0;
        while ((n + 1) * page <= node.ids.length && from + (n + 1) * page <= length
                && Arrays.equals(node.ids, n * page, (n + 1) * page, ids, from + n * page, from + (n + 1) * page))
            n++;
        return n;
    }

    /**
     * Blocks of the longest beginning of the first {@code length} ids that is known, in whole pages. It counts as a use.
     *
     * @param salt of the tenant
     */
    public int[] match(String salt, int[] ids, int length) { return match(salt, ids, length, true); }

    /** How many of the first ids are known, without using them. */
    public int known(String salt, int[] ids, int length) { return match(salt, ids, length, false).length * page; }

    private int[] match(String salt, int[] ids, int length, boolean use) {
        var node = roots.get(salt);
        var found = new int[length / page];
        int n = 0;
        if (use) tick++;
        while (node != null && (n + 1) * page <= length) {
            var next = node.children.get(new Page(ids, n * page, page));
            if (next == null) break;
            int agreed = agreed(next, ids, n * page, length);
            System.arraycopy(next.blocks, 0, found, n, agreed);
            n += agreed;
            boolean parts = agreed < next.blocks.length;
            if (use && parts) split(next, agreed); // what was not asked for keeps its age
            if (use) next.used = tick;
            if (parts) break;
            node = next;
        }
        return Arrays.copyOf(found, n);
    }

    /**
     * Keeps what a sequence has in full blocks. Of pages that are known already the tree keeps its own blocks.
     *
     * @param ids of the table's positions, more may follow
     * @return pages that are new
     */
    public int insert(String salt, int[] ids, BlockTable table) { return insert(salt, ids, table, table.length()); }

    /** As above, the first {@code length} positions alone. */
    public int insert(String salt, int[] ids, BlockTable table, int length) {
        int all = length / page, n = 0;
        if (all == 0) return 0; // no root for what holds nothing
        var node = roots.computeIfAbsent(salt, _ -> new Node(new int[0], new int[0], null));
        tick++;
        while (n < all) {
            var key = new Page(ids, n * page, page);
            var next = node.children.get(key);
            if (next == null) return add(node, Arrays.copyOfRange(ids, n * page, all * page), table, n);
            int agreed = agreed(next, ids, n * page, all * page);
            if (agreed < next.blocks.length) split(next, agreed);
            next.used = tick;
            n += agreed;
            node = next;
        }
        return 0;
    }

    private int add(Node parent, int[] run, BlockTable table, int from) {
        var blocks = new int[run.length / page];
        for (int i = 0; i < blocks.length; i++) pool.retain(blocks[i] = table.block(from + i));
        var node = new Node(run, blocks, parent);
        node.used = tick;
        parent.children.put(new Page(run, 0, page), node);
        pages += blocks.length;
        return blocks.length;
    }

    /** A node keeps its first pages; the others, and its children, become its only child. */
    private void split(Node node, int at) {
        var rest = new Node(Arrays.copyOfRange(node.ids, at * page, node.ids.length),
                Arrays.copyOfRange(node.blocks, at, node.blocks.length), node);
        rest.used = node.used;
        rest.children.putAll(node.children);
        rest.children.values().forEach(child -> child.parent = rest);
        node.children.clear();
        node.ids = Arrays.copyOf(node.ids, at * page);
        node.blocks = Arrays.copyOf(node.blocks, at);
        node.children.put(new Page(rest.ids, 0, page), rest);
    }

    /** Gives blocks back to the pool, ends of the least recently used branches first. @return how many: fewer if the others are in use */
    public int evict(int blocks) {
        int gone = 0;
        while (gone < blocks) {
            Node oldest = null;
            for (var root : roots.values()) oldest = oldest(root, oldest);
            if (oldest == null) return gone;
            int n = oldest.blocks.length;
            while (gone < blocks && n > 0 && pool.references(oldest.blocks[n - 1]) == 1) {
                pool.release(oldest.blocks[--n]);
                gone++;
                pages--;
            }
            oldest.blocks = Arrays.copyOf(oldest.blocks, n);
            if (n == 0) oldest.parent.children.remove(new Page(oldest.ids, 0, page));
            else oldest.ids = Arrays.copyOf(oldest.ids, n * page);
            if (n == 0 && oldest.parent.parent == null) roots.values().removeIf(root -> root.children.isEmpty());
        }
        return gone;
    }

    private Node oldest(Node node, Node best) {
        if (node.children.isEmpty()) {
            int n = node.blocks.length;
            return n > 0 && pool.references(node.blocks[n - 1]) == 1 && (best == null || node.used < best.used) ? node : best;
        }
        for (var child : node.children.values()) best = oldest(child, best);
        return best;
    }

    /** Forgets all; blocks that sequences refer to stay theirs. */
    public void clear() {
        for (var root : roots.values()) release(root);
        roots.clear();
        pages = 0;
    }

    private void release(Node node) {
        for (int block : node.blocks) pool.release(block);
        node.children.values().forEach(this::release);
    }

    /**
     * The order in which a batch of texts visits the tree of their common beginnings branch by branch, so that what two of them share is still there for the second: places
     * in the list. With room for the longest text no order computes less (Zheng et al. 2024, theorem 3.1).
     */
    public static int[] depthFirst(List<int[]> texts) {
        var order = new ArrayList<Integer>();
        for (int i = 0; i < texts.size(); i++) order.add(i);
        order.sort((a, b) -> Arrays.compare(texts.get(a), texts.get(b)));
        return order.stream().mapToInt(i -> i).toArray();
    }
}
