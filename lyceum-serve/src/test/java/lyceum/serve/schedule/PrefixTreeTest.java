package lyceum.serve.schedule;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class PrefixTreeTest {
    private static final int PAGE = 2;

    /** Every known beginning in whole pages as a key, with its block and when it was used last. */
    private static final class Naive {
        private record Entry(int block, long used) {}

        final Map<List<Object>, Entry> pages = new HashMap<>();
        long tick;

        static List<Object> key(String salt, int[] ids, int n) {
            var key = new ArrayList<Object>();
            key.add(salt);
            for (int i = 0; i < n * PAGE; i++) key.add(ids[i]);
            return key;
        }

        int[] match(String salt, int[] ids) {
            int n = 0;
            tick++;
            var blocks = new ArrayList<Integer>();
            while ((n + 1) * PAGE <= ids.length && pages.containsKey(key(salt, ids, n + 1))) {
                n++;
                blocks.add(touch(key(salt, ids, n)));
            }
            return blocks.stream().mapToInt(i -> i).toArray();
        }

        private int touch(List<Object> key) {
            var entry = pages.get(key);
            pages.put(key, new Entry(entry.block, tick));
            return entry.block;
        }

        int insert(String salt, int[] ids, BlockTable table) {
            int fresh = 0;
            tick++;
            for (int n = 1; n <= ids.length / PAGE; n++) {
                var key = key(salt, ids, n);
                if (pages.containsKey(key)) touch(key);
                else {
                    pages.put(key, new Entry(table.block(n - 1), tick));
                    fresh++;
                }
            }
            return fresh;
        }

        /** The oldest page that nobody refers to and behind which there is none. */
        List<Object> oldest(BlockPool pool) {
            List<Object> best = null;
            for (var key : pages.keySet()) {
                if (pool.references(pages.get(key).block) != 1) continue;
                boolean ends = pages.keySet().stream()
                        .noneMatch(o -> o.size() == key.size() + PAGE && o.subList(0, key.size()).equals(key));
                if (ends && (best == null || pages.get(key).used < pages.get(best).used)) best = key;
            }
            return best;
        }
    }

    private record Running(String salt, int[] ids, BlockTable table) {}

    @Acceptance(topic = "prefix-cache", clause = 1)
    @Test void tenThousandOperationsAgreeWithAMap() {
        var pool = new BlockPool(60, PAGE);
        var tree = new PrefixTree(pool);
        var naive = new Naive();
        var rng = Rng.of(1);
        var running = new ArrayList<Running>();
        int wrong = 0, found = 0, evicted = 0, inserted = 0, referenced = 0;
        for (int i = 0; i < 10_000; i++) {
            int what = rng.nextInt(8);
            if (what < 3 && running.size() < 4) { // match, and take its blocks
                var salt = rng.nextInt(4) == 0 ? "b" : "a";
                var ids = new int[1 + rng.nextInt(14)];
                for (int j = 0; j < ids.length; j++) ids[j] = rng.nextInt(2);
                int[] known = tree.match(salt, ids, ids.length);
                if (!Arrays.equals(known, naive.match(salt, ids))) wrong++;
                found += known.length;
                var table = pool.open(16);
                pool.adopt(table, known);
                if (table.grow(ids.length - table.length())) running.add(new Running(salt, ids, table));
                else table.close();
            } else if (what < 5 && !running.isEmpty()) {
                var one = running.get(rng.nextInt(running.size()));
                int fresh = tree.insert(one.salt, one.ids, one.table);
                if (fresh != naive.insert(one.salt, one.ids, one.table)) wrong++;
                inserted += fresh;
            } else if (what < 7 && !running.isEmpty()) running.remove(rng.nextInt(running.size())).table.close();
            else {
                int asked = 1 + rng.nextInt(6), gone = 0;
                for (var one : running) for (int block : one.table.toArray()) assertThat(pool.references(block)).isPositive();
                int before = pool.freeBlocks(), n = tree.evict(asked);
                while (gone < asked) {
                    // what the tree gave up is free now: the model asks by counts of references, so it sees them as 0
                    List<Object> oldest = oldestAmongGone(naive, pool);
                    if (oldest == null) break;
                    naive.pages.remove(oldest);
                    gone++;
                }
                if (gone != n || pool.freeBlocks() - before != n || n < asked && naive.oldest(pool) != null) wrong++;
                evicted += n;
            }
            var counts = new int[60];
            for (var entry : naive.pages.values()) counts[entry.block]++;
            for (var one : running) for (int block : one.table.toArray()) counts[block]++;
            for (int b = 0; b < 60; b++) if (counts[b] != pool.references(b)) wrong++;
            for (var one : running) for (int block : one.table.toArray()) if (pool.references(block) == 0) referenced++;
            if (tree.pages() != naive.pages.size()) wrong++;
        }
        Evidence.of("answers and counts that differ from the map", wrong, exactly(0));
        Evidence.of("pages of running sequences that were evicted", referenced, exactly(0));
        Evidence.of("pages found", found, atLeast(1000));
        Evidence.of("pages inserted", inserted, atLeast(500));
        Evidence.of("pages evicted", evicted, atLeast(500));
        running.forEach(r -> r.table.close());
        tree.clear();
        Evidence.of("free pages at the end of 60", pool.freeBlocks(), exactly(60));
    }

    @Test void saltsThatHoldNothingAreForgotten() {
        var pool = new BlockPool(20, PAGE);
        var tree = new PrefixTree(pool);
        for (int i = 0; i < 5; i++) {
            var table = pool.open(6);
            table.grow(6);
            tree.insert("tenant " + i, new int[] {1, 2, 3, 4, 5, 6}, table, i == 0 ? 1 : 6); // of the first no page is full
            table.close();
        }
        assertThat(tree.salts()).isEqualTo(4);
        assertThat(tree.evict(5)).isEqualTo(5);
        assertThat(tree.salts()).isEqualTo(3); // the first of them is gone, the second has a page left
        assertThat(tree.evict(20)).isEqualTo(7);
        assertThat(tree.salts()).isZero();
    }

    /** A page of the model whose block is free: those must be the oldest that it would have chosen itself. */
    private static List<Object> oldestAmongGone(Naive naive, BlockPool pool) {
        List<Object> deepest = null;
        for (var key : naive.pages.keySet())
            if (pool.references(naive.pages.get(key).block) == 0 && (deepest == null || key.size() > deepest.size())) deepest = key;
        if (deepest == null) return null;
        // nothing that stays and could have gone is older
        long used = naive.pages.get(deepest).used;
        var rival = naive.oldest(pool);
        if (rival != null && naive.pages.get(rival).used < used)
            throw new AssertionError("a page used at " + used + " went before one of " + naive.pages.get(rival).used);
        return deepest;
    }

    /** Hits of the tree with least-recently-used eviction, texts one after another. */
    private static int hits(List<int[]> texts, int[] order, int capacity) {
        var pool = new BlockPool(capacity, 1);
        var tree = new PrefixTree(pool);
        int hits = 0;
        for (int i : order) {
            int[] ids = texts.get(i), known = tree.match("", ids, ids.length);
            hits += known.length;
            var table = pool.open(ids.length);
            pool.adopt(table, known);
            int needs = table.needed(ids.length - known.length);
            tree.evict(Math.max(0, needs - pool.freeBlocks()));
            assertThat(table.grow(ids.length - known.length)).isTrue();
            tree.insert("", ids, table);
            table.close();
        }
        return hits;
    }

    /** Hits of an order when pages leave whose next use is farthest (Belady 1966). Pages are beginnings. */
    private static int belady(List<List<List<Integer>>> pages, int[] order, int capacity) {
        var held = new HashSet<List<Integer>>();
        int hits = 0;
        for (int t = 0; t < order.length; t++) {
            var own = pages.get(order[t]);
            for (var page : own) if (held.contains(page)) hits++;
            held.addAll(own);
            while (held.size() > capacity) {
                List<Integer> farthest = null;
                int use = -1;
                for (var page : held) {
                    if (own.contains(page)) continue;
                    int next = t + 1;
                    while (next < order.length && !pages.get(order[next]).contains(page)) next++;
                    if (next > use || next == use && page.size() > farthest.size()) {
                        use = next;
                        farthest = page;
                    }
                }
                held.remove(farthest);
            }
        }
        return hits;
    }

    private static int best(List<List<List<Integer>>> pages, int[] order, int from, int capacity) {
        if (from == order.length) return belady(pages, order, capacity);
        int best = 0;
        for (int i = from; i < order.length; i++) {
            swap(order, from, i);
            best = Math.max(best, best(pages, order, from + 1, capacity));
            swap(order, from, i);
        }
        return best;
    }

    private static void swap(int[] order, int a, int b) {
        int held = order[a];
        order[a] = order[b];
        order[b] = held;
    }

    @Acceptance(topic = "prefix-cache", clause = 4)
    @Test void depthFirstOrderIsTheBestOfAllWithBelady() {
        int worse = 0, batches = 0, arrivalWorse = 0, six = 0;
        var rng = Rng.of(3);
        while (batches < 200) {
            var texts = new ArrayList<int[]>();
            int count = 2 + rng.nextInt(5);
            if (count == 6) six++;
            for (int i = 0; i < count; i++) {
                int cut = texts.isEmpty() ? 0 : rng.nextInt(texts.get(rng.nextInt(texts.size())).length + 1);
                int[] from = texts.isEmpty() ? new int[0] : texts.get(rng.nextInt(texts.size()));
                cut = Math.min(cut, from.length);
                int[] ids = Arrays.copyOf(from, cut + 1 + rng.nextInt(4));
                for (int j = cut; j < ids.length; j++) ids[j] = rng.nextInt(3);
                texts.add(ids);
            }
            int longest = texts.stream().mapToInt(t -> t.length).max().orElseThrow(), capacity = longest + rng.nextInt(3);
            var pages = texts.stream().map(t -> {
                var own = new ArrayList<List<Integer>>();
                for (int n = 1; n <= t.length; n++) own.add(Arrays.stream(t, 0, n).boxed().toList());
                return (List<List<Integer>>) own;
            }).toList();
            var order = new int[count];
            for (int i = 0; i < count; i++) order[i] = i;
            int ours = hits(texts, PrefixTree.depthFirst(texts), capacity);
            if (hits(texts, order, capacity) < ours) arrivalWorse++;
            if (best(pages, order, 0, capacity) != ours) worse++;
            batches++;
        }
        Evidence.of("batches", batches, exactly(200));
        Evidence.of("batches of six", six, atLeast(20));
        Evidence.of("batches in which another order hits more, or Belady's count is another", worse, exactly(0));
        Evidence.of("batches in which the order of arrival hits less", arrivalWorse, atLeast(20));
    }

    @Test void splitsAtPageBorders() {
        var pool = new BlockPool(20, 2);
        var tree = new PrefixTree(pool);
        BlockTable a = pool.open(8), b = pool.open(8);
        a.grow(8);
        b.grow(8);
        assertThat(tree.insert("", new int[] {1, 2, 3, 4, 5, 6, 7, 8}, a)).isEqualTo(4);
        assertThat(tree.insert("", new int[] {1, 2, 3, 4, 5, 9, 7, 8}, b)).isEqualTo(2); // parts at 6 and 9: the page before it is common
        var node = tree.root("").children().getFirst();
        assertThat(node.ids()).containsExactly(1, 2, 3, 4);
        assertThat(node.children()).extracting(n -> n.ids().length).containsExactly(4, 4);
        assertThat(tree.match("", new int[] {1, 2, 3, 9}, 4)).hasSize(1);
        assertThat(tree.known("other", new int[] {1, 2}, 2)).isZero();
        assertThat(tree.evictable()).isZero();
        a.close();
        b.close();
        assertThat(tree.evict(100)).isEqualTo(6);
        assertThat(pool.freeBlocks()).isEqualTo(20);
    }
}
