package lyceum.data.version;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import lyceum.LyceumException;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LineageTest {
    private static final RowTransform EVEN = RowTransform.filter((row, p) -> row.hashCode() % 2 == 0),
            SUFFIX = RowTransform.map((row, p) -> row + p.get("suffix"));
    private static final RowTransform JOIN = (inputs, parameters, output) -> {
        var second = inputs.get(1).iterator();
        long number = 0;
        for (var row : inputs.get(0)) {
            if (!second.hasNext()) return;
            output.row(row + "|" + second.next(), new int[] {0, 1}, new long[] {number, number});
            number++;
        }
    };

    @TempDir Path folder;

    @Test
    @Acceptance(topic = "dataset-versioning", clause = 4) void ancestorsAreThoseOfTheGraphOnTwoHundredGraphs() {
        var rng = Rng.of(5);
        int graphs = 0, wrong = 0, related = 0, twoWays = 0, idle = 0;
        for (; graphs < 200; graphs++) {
            var store = DatasetStore.on(ObjectBackend.inMemory());
            int n = 2 + rng.nextInt(14);
            var nodes = new ArrayList<String>();
            var reach = new boolean[n][n];
            for (int i = 0; i < n; i++) {
                int node = i;
                var inputs = new ArrayList<String>();
                for (int j = 0; j < i; j++) if (rng.nextInt(3) == 0) {
                    inputs.add(nodes.get(j));
                    reach[i][j] = true;
                }
                if (inputs.isEmpty()) nodes.add(store.put(List.of("raw " + i)));
                else {
                    // Some datasets come by two steps, of half the inputs each.
                    int half = inputs.size() > 1 && rng.nextBoolean() ? inputs.size() / 2 : 0;
                    if (half > 0) twoWays++;
                    for (var part : List.of(inputs.subList(0, half), inputs.subList(half, inputs.size()))) if (!part.isEmpty()) {
                        var step = store.lineage().derive("t", "v", Map.of(), part, (in, p, out) -> out.row("made " + node, 0, 0));
                        if (nodes.size() == i) nodes.add(step.output());
                    }
                }
            }
            for (int k = 0; k < n; k++) for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) reach[i][j] |= reach[i][k] && reach[k][j];
            for (int i = 0; i < n; i++) {
                if (rng.nextInt(3) > 0) continue;
                store.lineage().derive("same", "v", Map.of(), List.of(nodes.get(i)), RowTransform.map((row, p) -> row));
                idle++;
            }
            for (int i = 0; i < n; i++) {
                int from = i;
                var up = new HashSet<String>();
                var down = new HashSet<String>();
                IntStream.range(0, n).filter(j -> reach[from][j]).forEach(j -> up.add(nodes.get(j)));
                IntStream.range(0, n).filter(j -> reach[j][from]).forEach(j -> down.add(nodes.get(j)));
                related += up.size();
                if (!store.lineage().ancestors(nodes.get(i)).equals(up)) wrong++;
                if (!store.lineage().descendants(nodes.get(i)).equals(down)) wrong++;
            }
            store.lineage().linkModel("m", List.of(nodes.getLast()));
            var data = new HashSet<>(store.lineage().ancestors(nodes.getLast()));
            data.add(nodes.getLast());
            if (!store.lineage().dataOf("m").equals(data)) wrong++;
        }
        Evidence.of("graphs", graphs, exactly(200));
        Evidence.of("pairs of a dataset and an ancestor", related, above(2000));
        Evidence.of("datasets of two steps", twoWays, above(100));
        Evidence.of("steps that change nothing", idle, above(100));
        Evidence.of("answers other than the transitive closure's", wrong, exactly(0));
    }

    @Test
    @Acceptance(topic = "dataset-versioning", clause = 5) void aReplayFromRawDataReproducesTheRecordedHash() {
        var rng = Rng.of(6);
        int replays = 0, equal = 0, caught = 0, taken = 0;
        var transforms = Map.of("even", EVEN, "suffix", SUFFIX, "join", JOIN);
        for (int world = 0; world < 20; world++) {
            var store = DatasetStore.on(ObjectBackend.inMemory());
            List<String> first = DatasetStoreTest.rows(rng, 300 + rng.nextInt(300)),
                    second = DatasetStoreTest.rows(rng, 200 + rng.nextInt(300));
            String a = store.put(first), b = store.put(second);
            var even = store.lineage().derive("even", "v1", Map.of(), List.of(a), EVEN);
            var suffix = store.lineage().derive("suffix", "v1", Map.of("suffix", "/" + world), List.of(b), SUFFIX);
            var join = store.lineage().derive("join", "v1", Map.of(), List.of(even.output(), suffix.output()), JOIN);
            // All but the raw data and the record of the steps is taken away: a replay has nothing else to begin with.
            var left = new HashSet<String>();
            for (var raw : List.of(a, b)) new RowTree(store.backend()).chunks(raw, left::add);
            for (var step : List.of(even, suffix, join)) left.add(step.id());
            for (var hash : store.backend().hashes()) if (!left.contains(hash)) {
                store.backend().delete(hash);
                taken++;
            }
            replays++;
            store.lineage().replay(join.output(), transforms);
            var rebuilt = new ArrayList<String>();
            var kept = first.stream().filter(row -> row.hashCode() % 2 == 0).toList();
            for (int i = 0; i < Math.min(kept.size(), second.size()); i++) rebuilt.add(kept.get(i) + "|" + second.get(i) + "/" + world);
            var again = new ArrayList<String>();
            store.rows(join.output()).forEach(again::add);
            if (again.equals(rebuilt) && DatasetStore.on(ObjectBackend.inMemory()).put(rebuilt).equals(join.output())) equal++;
            try {
                store.lineage().replay(join.output(),
                        Map.of("even", EVEN, "suffix", RowTransform.map((row, p) -> row + p.get("suffix") + " "), "join", JOIN));
            } catch (LyceumException e) {
                assertThat(e).hasMessageContaining("step 'suffix'");
                caught++;
            }
        }
        Evidence.of("lineages replayed", replays, exactly(20));
        Evidence.of("objects between raw data and result that were taken away before", taken, above(100));
        Evidence.of("of them with the recorded hash, which is also that of the rows made by hand", equal, exactly(20));
        Evidence.of("changed transforms caught", caught, exactly(20));
    }

    @Test void everyRowKnowsTheRowsThatItWasMadeOf() {
        var store = DatasetStore.on(ObjectBackend.inMemory());
        String a = store.put(List.of("a0", "b1", "c2", "d3")), b = store.put(List.of("x", "y", "z"));
        var odd = store.lineage().derive("odd", "v", Map.of(), List.of(a), RowTransform.filter((row, p) -> row.charAt(1) % 2 == 1));
        var join = store.lineage().derive("join", "v", Map.of(), List.of(odd.output(), b), JOIN);
        assertThat(store.rows(join.output())).containsExactly("b1|x", "d3|y");
        assertThat(store.lineage().provenance(join.output(), 1)).containsExactly(new Lineage.Origin(odd.output(), 1),
                new Lineage.Origin(b, 1));
        assertThat(store.lineage().sources(join.output(), 1)).containsExactlyInAnyOrder(new Lineage.Origin(a, 3), new Lineage.Origin(b, 1));
        assertThat(store.lineage().provenance(a, 0)).isEmpty();
    }

    /** A way of doing nothing, and a way there and back: neither makes a dataset of itself. */
    @Test void stepsThatChangeNothingAreNoHistory() {
        var store = DatasetStore.on(ObjectBackend.inMemory());
        var a = store.put(List.of("a0", "b1"));
        var same = RowTransform.map((row, p) -> row);
        var twice = RowTransform.map((row, p) -> row + row);
        var half = RowTransform.map((row, p) -> row.substring(row.length() / 2));
        assertThat(store.lineage().derive("same", "v", Map.of(), List.of(a), same).output()).isEqualTo(a);
        var b = store.lineage().derive("twice", "v", Map.of(), List.of(a), twice).output();
        assertThat(store.lineage().derive("half", "v", Map.of(), List.of(b), half).output()).isEqualTo(a);
        assertThat(store.lineage().steps(a)).isEmpty();
        assertThat(store.lineage().ancestors(b)).containsExactly(a);
        assertThat(store.lineage().descendants(b)).isEmpty();
        assertThat(store.lineage().sources(b, 1)).containsExactly(new Lineage.Origin(a, 1));
        assertThat(store.lineage().sources(a, 1)).containsExactly(new Lineage.Origin(a, 1));
        assertThat(store.lineage().replay(a, Map.of())).isEqualTo(a);
        assertThat(store.lineage().replay(b, Map.of("twice", twice))).isEqualTo(b);
    }

    /** Thirty steps, each of the last dataset twice: a replay runs each of them once, not 2^30 times. */
    @Test void aReplayRunsEachStepOnce() {
        var store = DatasetStore.open(folder.resolve("store"));
        var runs = new int[1];
        RowTransform count = (in, p, out) -> {
            runs[0]++;
            out.row("made " + p.get("n"), new int[] {0, 1}, new long[] {0, 0});
        };
        var last = store.put(List.of("raw"));
        for (int i = 0; i < 30; i++) last = store.lineage().derive("count", "v", Map.of("n", "" + i), List.of(last, last), count).output();
        runs[0] = 0;
        store.lineage().replay(last, Map.of("count", count));
        assertThat(runs[0]).isEqualTo(30);
        assertThat(store.lineage().sources(last, 0)).hasSize(1);
    }
}
