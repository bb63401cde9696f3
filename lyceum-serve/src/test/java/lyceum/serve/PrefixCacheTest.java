package lyceum.serve;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import lyceum.random.Rng;
import lyceum.serve.schedule.BlockPool;
import lyceum.serve.schedule.PrefixTree;
import lyceum.serve.schedule.SchedulerOptions;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class PrefixCacheTest {
    private static int[] joined(int[] a, int[] b) {
        var all = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, all, a.length, b.length);
        return all;
    }

    @Acceptance(topic = "prefix-cache", clause = 2)
    @Test void aHitGivesTheLogitsOfAColdRun() {
        double gap = 0;
        long reused = 0;
        for (var model : List.of(Tiny.llama(160), Tiny.gpt2(160), Tiny.alibi(160))) {
            for (int i = 1; i <= 10; i++) {
                int[] shared = Tiny.prompt(10 * i, Rng.of(i));
                var warm = new BlockPool(100, 4);
                var traced = new Traced(model, new SchedulerOptions(), warm, new PrefixTree(warm));
                traced.run(List.of(joined(shared, Tiny.prompt(9, Rng.of(100 + i)))), 3);
                var second = List.of(joined(shared, Tiny.prompt(5, Rng.of(200 + i))));
                long before = traced.scheduler.reusedTokens();
                var hit = traced.run(second, 4);
                reused += traced.scheduler.reusedTokens() - before;
                assertThat(traced.scheduler.reusedTokens()).isGreaterThanOrEqualTo(10 * i / 4 * 4);
                gap = Math.max(gap, Traced.gap(hit, new Traced(model, new SchedulerOptions(), new BlockPool(100, 4), null).run(second, 4)));
            }
        }
        Evidence.of("positions reused", reused, atLeast(1500));
        Evidence.of("logits against a cold run", gap, atMost(1e-5));
    }

    private static long prefilled(int blockSize, boolean reuse) {
        var model = Tiny.llama(256);
        int[] shared = Tiny.prompt(200, Rng.of(1));
        try (var engine = new Engine(model, null, new EngineOptions().withBlocks(200).withBlockSize(blockSize).withReuse(reuse))) {
            for (int i = 0; i < 8; i++) {
                int[] own = Tiny.prompt(8, Rng.of(10 + i));
                own[0] = i; // distinct from the first id on
                engine.submit(Request.greedy(joined(shared, own), 1)).get();
            }
            return engine.metrics().computedTokens();
        }
    }

    @Acceptance(topic = "prefix-cache", clause = 3)
    @Test void eightRequestsComputeTheirCommonBeginningOnce() {
        Evidence.of("ids computed, pages of 8", prefilled(8, true), exactly(264));
        Evidence.of("ids computed, cold", prefilled(8, false), exactly(1664));
        Evidence.of("ids computed, pages of 16", prefilled(16, true), exactly(320));
    }

    @Acceptance(topic = "prefix-cache", clause = 5)
    @Test void tenantsDoNotShare() {
        var model = Tiny.llama(256);
        int[] prompt = Tiny.prompt(64, Rng.of(1));
        var options = new EngineOptions().withBlocks(200).withBlockSize(8);
        try (var engine = new Engine(model, null, options)) {
            var texts = new int[6][];
            for (int i = 0; i < 6; i++) texts[i] = engine.submit(Request.greedy(prompt, 4).withSalt("tenant " + i)).get().ids();
            Evidence.of("positions reused by 6 tenants with one prompt", engine.metrics().reusedTokens(), exactly(0));
            engine.submit(Request.greedy(prompt, 4).withSalt("tenant 3")).get();
            Evidence.of("positions reused by one of them again", engine.metrics().reusedTokens(), exactly(56));
            for (var text : texts) assertThat(text).isEqualTo(texts[0]);
        }
        var pool = new BlockPool(400, 2);
        var tree = new PrefixTree(pool);
        var rng = Rng.of(2);
        int shared = 0, hits = 0;
        var owner = new String[400];
        for (int i = 0; i < 2000; i++) {
            var salt = "s" + rng.nextInt(5);
            var ids = new int[2 + rng.nextInt(8)];
            for (int j = 0; j < ids.length; j++) ids[j] = rng.nextInt(2);
            int[] known = tree.match(salt, ids, ids.length);
            for (int block : known) if (!salt.equals(owner[block])) shared++;
            hits += known.length;
            var table = pool.open(10);
            pool.adopt(table, known);
            if (table.needed(ids.length - table.length()) > pool.freeBlocks()) tree.evict(20);
            assertThat(table.grow(ids.length - table.length())).isTrue();
            for (int b = known.length; b < ids.length / 2; b++) owner[table.block(b)] = salt;
            tree.insert(salt, ids, table);
            table.close();
        }
        Evidence.of("pages found", hits, atLeast(1000));
        Evidence.of("pages of another tenant among them", shared, exactly(0));
    }
}
