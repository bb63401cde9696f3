package lyceum.data.version;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import lyceum.FormatException;
import lyceum.LyceumException;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.ForkedJvm;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatasetStoreTest {
    private static final RowTransform SUFFIX = RowTransform.map((row, p) -> row + p.get("suffix"));

    @TempDir Path folder;

    static List<String> rows(Rng rng, int n) {
        var rows = new ArrayList<String>();
        for (int i = 0; i < n; i++) rows.add(i + "," + rng.nextInt(1000) + "," + Long.toHexString(rng.nextLong()));
        return rows;
    }

    @Test
    @Acceptance(topic = "dataset-versioning", clause = 1) void anyCommitComesOutByteByByteAndOneDamagedByteIsSeen() throws IOException {
        var rng = Rng.of(1);
        var store = DatasetStore.open(folder.resolve("store"));
        var bytes = new byte[24_000];
        for (int i = 0; i < bytes.length; i++) bytes[i] = (byte) (rng.nextInt(40) == 0 ? '\n' : rng.nextInt(256));
        var commits = new ArrayList<Commit>();
        var contents = new ArrayList<byte[]>();
        var file = folder.resolve("file");
        for (int c = 0; c < 100; c++) {
            for (int e = 1 + rng.nextInt(3); e > 0; e--) bytes = edited(bytes, rng);
            Files.write(file, bytes);
            if (c > 0 && rng.nextInt(4) == 0) store.branch("b" + c, commits.get(rng.nextInt(c)).id());
            commits.add(store.commit(c % 4 == 0 ? "b" + c : "main", store.putFile(file), "edit " + c));
            contents.add(bytes);
        }
        var again = DatasetStore.open(folder.resolve("store"));
        int wrong = 0, unseen = 0, damaged = 0;
        for (int c = 0; c < 100; c++) {
            var commit = again.commit(commits.get(c).id());
            again.writeFile(commit.dataset(), file);
            if (Files.mismatch(file, Files.write(folder.resolve("expected"), contents.get(c))) >= 0) wrong++;
            var objects = new ArrayList<>(List.of(commit.id()));
            new RowTree(again.backend()).chunks(commit.dataset(), objects::add);
            var victim = objects.get(rng.nextInt(objects.size()));
            var path = folder.resolve("store/objects").resolve(victim.substring(0, 2)).resolve(victim.substring(2));
            var sound = Files.readAllBytes(path);
            var broken = sound.clone();
            broken[rng.nextInt(broken.length)] ^= (byte) (1 << rng.nextInt(8));
            Files.write(path, broken);
            damaged++;
            try {
                again.writeFile(again.commit(commit.id()).dataset(), file);
                unseen++;
            } catch (FormatException e) {
                assertThat(e).hasMessageContaining(victim);
            }
            Files.write(path, sound);
        }
        Evidence.of("commits that came out with other bytes", wrong, exactly(0));
        Evidence.of("objects damaged in one bit", damaged, exactly(100));
        Evidence.of("of them not seen when read", unseen, exactly(0));
        assertThat(again.verify()).isEmpty();
    }

    private static byte[] edited(byte[] bytes, Rng rng) {
        int at = rng.nextInt(bytes.length), cut = rng.nextInt(Math.min(200, bytes.length - at));
        var put = new byte[rng.nextInt(200)];
        for (int i = 0; i < put.length; i++) put[i] = (byte) rng.nextInt(256);
        var all = new byte[bytes.length - cut + put.length];
        System.arraycopy(bytes, 0, all, 0, at);
        System.arraycopy(put, 0, all, at, put.length);
        System.arraycopy(bytes, at + cut, all, at + put.length, bytes.length - at - cut);
        return all;
    }

    @Test
    @Acceptance(topic = "dataset-versioning", clause = 2) void equalRowsHaveOneIdOnEveryRunAndAnotherCellAnother() {
        var rng = Rng.of(2);
        var ids = new HashSet<String>();
        for (int run = 0; run < 3; run++) {
            var store = DatasetStore.on(ObjectBackend.inMemory());
            if (run == 1) store.put(rows(rng, 500));
            ids.addAll(DatasetStoreMain.ids(store));
        }
        var result = ForkedJvm.of(DatasetStoreMain.class).run();
        assertThat(result.exitCode()).as(result.output()).isZero();
        result.output().lines().filter(line -> line.startsWith("id ")).forEach(line -> ids.add(line.substring(3)));
        Evidence.of("ids of a dataset, a step and its output in three stores and another JVM", ids.size(), exactly(3));

        var store = DatasetStore.on(ObjectBackend.inMemory());
        var rows = rows(Rng.of(3), 2000);
        var changed = new HashSet<>(Set.of(store.put(rows)));
        for (int c = 0; c < 200; c++) {
            var other = new ArrayList<>(rows);
            int row = rng.nextInt(rows.size());
            var cells = other.get(row).split(",");
            cells[1] += "x" + c;
            other.set(row, String.join(",", cells));
            changed.add(store.put(other));
        }
        changed.add(store.put(rows.subList(1, 2000)));
        changed.add(store.put(rows.reversed()));
        Evidence.of("different ids of a dataset and 202 changes of it", changed.size(), exactly(203));
        assertThat(store.put(List.of("ab", "c"))).isNotEqualTo(store.put(List.of("a", "bc")));
    }

    @Test
    @Acceptance(topic = "dataset-versioning", clause = 3) void editingOneRowOfAHundredThousandStoresLittle() {
        var rng = Rng.of(4);
        double worst = 0;
        int edits = 0;
        var rows = rows(rng, 100_000);
        for (; edits < 12; edits++) {
            var store = DatasetStore.on(ObjectBackend.inMemory());
            store.put(rows);
            long before = store.storedBytes();
            var other = new ArrayList<>(rows);
            int at = rng.nextInt(other.size());
            switch (edits % 3) {
                case 0 -> other.set(at, "edited");
                case 1 -> other.add(edits == 1 ? 0 : at, "inserted");
                default -> other.remove(at);
            }
            var id = store.put(other);
            worst = Math.max(worst, (store.storedBytes() - before) / (double) before);
            assertThat(store.size(id)).isEqualTo(other.size());
        }
        Evidence.of("edits, insertions and deletions", edits, exactly(12));
        Evidence.of("largest share of new bytes", worst, below(0.02));
    }

    /** A model of the store in plain collections; after each collection all that it says is reachable must read as written. */
    @Test
    @Acceptance(topic = "dataset-versioning", clause = 6) void garbageCollectionNeverTakesWhatIsReachable() {
        int collections = 0, checked = 0, lost = 0, deleted = 0;
        for (int world = 0; world < 24; world++) {
            var rng = Rng.of(100 + world);
            var store = DatasetStore.on(ObjectBackend.inMemory());
            var contents = new HashMap<String, List<String>>();
            var inputs = new HashMap<String, Set<String>>();
            var parents = new HashMap<String, List<String>>();
            var datasetOf = new HashMap<String, String>();
            var heads = new HashMap<String, String>();
            var tags = new HashMap<String, String>();
            var models = new HashMap<String, List<String>>();
            for (int step = 0; step < 120; step++) {
                var known = new ArrayList<>(new TreeSet<>(contents.keySet()));
                switch (rng.nextInt(10)) {
                    case 0, 1 -> {
                        var rows = rows(rng, 1 + rng.nextInt(300));
                        contents.put(store.put(rows), rows);
                    }
                    case 2 -> {
                        if (known.isEmpty()) break;
                        var input = known.get(rng.nextInt(known.size()));
                        var output = store.lineage().derive("suffix", "v", Map.of("suffix", "s" + step), List.of(input), SUFFIX).output();
                        int number = step;
                        contents.put(output, contents.get(input).stream().map(row -> row + "s" + number).toList());
                        inputs.computeIfAbsent(output, k -> new HashSet<>()).add(input);
                    }
                    case 3, 4 -> {
                        if (known.isEmpty()) break;
                        var dataset = known.get(rng.nextInt(known.size()));
                        String branch = "b" + rng.nextInt(4), side = "b" + rng.nextInt(4);
                        var before = new ArrayList<String>();
                        if (heads.containsKey(branch)) before.add(heads.get(branch));
                        boolean merge = !side.equals(branch) && heads.containsKey(side) && rng.nextInt(3) == 0;
                        if (merge) before.add(heads.get(side));
                        var commit = store.commit(branch, dataset, "c" + step, Map.of(), merge ? List.of(side) : List.of());
                        parents.put(commit.id(), before);
                        assertThat(commit.parents()).isEqualTo(before);
                        datasetOf.put(commit.id(), dataset);
                        heads.put(branch, commit.id());
                    }
                    case 5 -> {
                        var branch = "b" + rng.nextInt(4);
                        store.deleteBranch(branch);
                        heads.remove(branch);
                    }
                    case 6 -> {
                        if (known.isEmpty() || rng.nextInt(3) > 0) break;
                        var datasets = List.of(known.get(rng.nextInt(known.size())), known.get(rng.nextInt(known.size())));
                        var model = "m" + rng.nextInt(3);
                        store.lineage().linkModel(model, datasets);
                        models.put(model, datasets);
                    }
                    case 7 -> {
                        var tag = "t" + rng.nextInt(4);
                        var branch = "b" + rng.nextInt(4);
                        store.deleteTag(tag);
                        tags.remove(tag);
                        if (!heads.containsKey(branch) || rng.nextInt(3) == 0) break;
                        store.tag(tag, branch);
                        tags.put(tag, heads.get(branch));
                    }
                    case 8 -> {
                        if (known.isEmpty()) break;
                        String one = known.get(rng.nextInt(known.size())), two = known.get(rng.nextInt(known.size()));
                        var name = "j" + step;
                        var output = store.lineage().derive("join", name, Map.of(), List.of(one, two), (in, p, out) -> {
                            var second = in.get(1).iterator();
                            out.row(name + in.get(0).iterator().next() + second.next(), new int[] {0, 1}, new long[] {0, 0});
                        }).output();
                        contents.put(output, List.of(name + contents.get(one).getFirst() + contents.get(two).getFirst()));
                        inputs.computeIfAbsent(output, k -> new HashSet<>()).addAll(List.of(one, two));
                    }
                    default -> {
                        deleted += store.collectGarbage();
                        collections++;
                        var reachable = reachable(heads, tags, parents, datasetOf, models, inputs);
                        for (var id : reachable) {
                            checked++;
                            var read = new ArrayList<String>();
                            try {
                                store.rows(id).forEach(read::add);
                            } catch (FormatException e) {
                                read.add("lost");
                            }
                            if (!read.equals(contents.get(id))) lost++;
                            var from = inputs.getOrDefault(id, Set.of());
                            if (!store.lineage().ancestors(id).containsAll(from)) lost++;
                            for (var origin : store.lineage().provenance(id, 0)) if (!from.contains(origin.dataset())) lost++;
                        }
                        for (var name : heads.keySet()) lost += lost(store, name, heads.get(name), parents);
                        for (var name : tags.keySet()) lost += lost(store, name, tags.get(name), parents);
                        contents.keySet().retainAll(reachable);
                        inputs.keySet().retainAll(reachable);
                    }
                }
            }
        }
        Evidence.of("collections", collections, above(100));
        Evidence.of("reachable datasets read after them", checked, above(1000));
        Evidence.of("of them lost or changed", lost, exactly(0));
        Evidence.of("objects deleted", deleted, atLeast(500));
    }

    /** 1 where the history of a name is not that of the commit that it should be at. */
    private static int lost(DatasetStore store, String name, String head, Map<String, List<String>> parents) {
        var found = new HashSet<String>();
        store.log(name).forEach(commit -> found.add(commit.id()));
        return found.equals(history(Set.of(head), parents)) ? 0 : 1;
    }

    private static Set<String> history(Set<String> heads, Map<String, List<String>> parents) {
        var commits = new HashSet<>(heads);
        for (boolean more = true; more;) {
            more = false;
            for (var commit : List.copyOf(commits)) more |= commits.addAll(parents.get(commit));
        }
        return commits;
    }

    private static Set<String> reachable(Map<String, String> heads, Map<String, String> tags, Map<String, List<String>> parents,
            Map<String, String> datasetOf, Map<String, List<String>> models, Map<String, Set<String>> inputs) {
        var named = new HashSet<>(heads.values());
        named.addAll(tags.values());
        var commits = history(named, parents);
        var datasets = new HashSet<String>();
        models.values().forEach(datasets::addAll);
        commits.forEach(commit -> datasets.add(datasetOf.get(commit)));
        for (boolean more = true; more;) {
            more = false;
            for (var dataset : List.copyOf(datasets)) more |= datasets.addAll(inputs.getOrDefault(dataset, Set.of()));
        }
        return datasets;
    }

    @Test void namesMayEndAsTheyLike() {
        var store = DatasetStore.open(folder.resolve("names"));
        var id = store.put(List.of("1"));
        var commit = store.commit("main.tmp", id, "first");
        store.tag("v1.tmp", "main.tmp");
        store.lineage().linkModel("model.tmp", List.of(id));
        assertThat(store.branches()).containsOnly(Map.entry("main.tmp", commit.id()));
        assertThat(store.tags()).containsOnly(Map.entry("v1.tmp", commit.id()));
        assertThat(store.lineage().dataOf("model.tmp")).containsExactly(id);
        store.collectGarbage();
        assertThat(store.rows(id)).containsExactly("1");
    }

    @Test void garbageIsReallyTaken() {
        var store = DatasetStore.open(folder.resolve("gc"));
        var rows = rows(Rng.of(7), 3000);
        store.commit("main", store.put(rows.subList(0, 100)), "small");
        long small = store.storedBytes();
        store.commit("other", store.put(rows), "large");
        store.deleteBranch("other");
        assertThat(store.collectGarbage()).isPositive();
        assertThat(store.storedBytes()).isEqualTo(small);
    }

    @Test void aDiffNamesTheRows() {
        var rng = Rng.of(8);
        var store = DatasetStore.on(ObjectBackend.inMemory());
        var rows = rows(rng, 5000);
        var other = new ArrayList<>(rows);
        other.set(70, "edited");
        other.remove(4000);
        other.add(10, "new");
        var diff = store.diff(store.put(rows), store.put(other));
        assertThat(diff.removed()).containsExactly(new RowDiff.Row(70, rows.get(70)), new RowDiff.Row(4000, rows.get(4000)));
        assertThat(diff.added()).containsExactly(new RowDiff.Row(10, "new"), new RowDiff.Row(71, "edited"));
        assertThat(store.diff(store.put(rows), store.put(rows)).isEmpty()).isTrue();
        assertThat(store.diff(store.put(List.of("a", "a")), store.put(List.of("a"))).removed()).containsExactly(new RowDiff.Row(1, "a"));
    }

    @Test void commitsBranchesAndTags() {
        var store = DatasetStore.open(folder.resolve("log"));
        var first = store.commit("main", store.put(List.of("1")), "first");
        store.tag("v1", "main");
        store.branch("side", "v1");
        var side = store.commit("side", store.put(List.of("2")), "side", Map.of("author", "me"), List.of());
        var merged = store.commit("main", store.put(List.of("1", "2")), "merge", Map.of(), List.of("side"));
        assertThat(merged.parents()).containsExactly(first.id(), side.id());
        assertThat(store.log("main")).extracting(Commit::message).containsExactly("merge", "side", "first");
        assertThat(store.isAncestor("v1", "side")).isTrue();
        assertThat(store.isAncestor("main", "side")).isFalse();
        assertThat(store.commit("side").metadata()).containsEntry("author", "me");
        assertThatThrownBy(() -> store.tag("v1", "side")).hasMessageContaining("tags do not move");
        assertThatThrownBy(() -> store.commit("none")).isInstanceOf(LyceumException.class).hasMessageContaining("[main, side] and [v1]");
        assertThatThrownBy(() -> store.branch("../x", "main")).hasMessageContaining("'../x'");
        assertThatThrownBy(() -> store.commit("main", "0".repeat(64), "x")).hasMessageContaining("no object");
        assertThatThrownBy(() -> store.rows(first.id()).iterator().hasNext()).isInstanceOf(FormatException.class);
        assertThatThrownBy(() -> store.commit(first.dataset())).isInstanceOf(FormatException.class);
        assertThatThrownBy(() -> store.row(first.dataset(), 5)).hasMessageContaining("row 5 of 1");
        assertThat(store.size(store.put(List.of()))).isZero();
        assertThat(Arrays.asList(store.row(merged.dataset(), 1))).containsExactly("2");
    }
}
