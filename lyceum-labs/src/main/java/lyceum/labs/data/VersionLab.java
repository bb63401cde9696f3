package lyceum.labs.data;

import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lyceum.data.version.DatasetStore;
import lyceum.data.version.ObjectBackend;
import lyceum.data.version.RowTransform;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Edge;
import lyceum.plot.Figure;
import lyceum.plot.Node;

/** Which data built this model? A store that can say, and what a new version costs it. */
@Lab(topics = "dataset-versioning", title = "The March model, row by row")
final class VersionLab implements LabBody {
    private static final RowTransform LONG = RowTransform.filter((row, p) -> row.length() >= Integer.parseInt(p.get("least"))),
            LABEL = RowTransform.map((row, p) -> row + "," + row.length() % 2);

    @Override public void run(LabContext lab) {
        int rows = lab.param("rows", 20_000, 1000, 100_000), edits = lab.param("edits a version", 3, 1, 50),
                versions = lab.param("versions", 8, 2, 20);
        var rng = lab.rng(0);
        var store = DatasetStore.on(ObjectBackend.inMemory());
        var data = new ArrayList<String>();
        for (int i = 0; i < rows; i++) data.add(i + "," + Long.toString(rng.nextLong() >>> (8 + rng.nextInt(40)), 36));
        var ids = new ArrayList<String>();
        double[] stored = new double[versions], naive = new double[versions];
        long bytes = 0;
        for (int v : lab.progress("versions", versions)) {
            for (int e = 0; v > 0 && e < edits; e++) data.set(rng.nextInt(rows), v + ",edited " + e);
            ids.add(store.put(data));
            store.commit("main", ids.getLast(), "version " + v);
            bytes += data.stream().mapToLong(String::length).sum();
            stored[v] = store.storedBytes() / 1e6;
            naive[v] = bytes / 1e6;
        }
        lab.figure(Figure.plot("What versions cost").line("content-defined chunks", 0, stored).line("a copy each", 0, naive)
                .axes("version", "stored (MB)")
                .describedAs("Copies climb by the whole size each time; chunks stay nearly level, as all but a few are shared."));
        lab.shows("cost of the last version over that of the first", (stored[versions - 1] - stored[versions - 2]) / stored[0],
                below(0.02 * edits));

        String raw = ids.getLast();
        var lineage = store.lineage();
        var kept = lineage.derive("long-rows", "v1", Map.of("least", "12"), List.of(raw), LONG);
        var labelled = lineage.derive("label", "v1", Map.of(), List.of(kept.output()), LABEL);
        var other = lineage.derive("label", "v1", Map.of(), List.of(raw), LABEL);
        lineage.linkModel("march", List.of(labelled.output()));
        var nodes = List.of(Node.of("raw"), Node.of("long rows"), Node.of("labelled"), Node.of("march model"), Node.of("labelled, unused"));
        lab.figure(Figure
                .graph("Which data built this model?", nodes,
                        List.of(Edge.of("raw", "long rows"), Edge.of("long rows", "labelled"), Edge.of("labelled", "march model"),
                                Edge.of("raw", "labelled, unused")))
                .describedAs("Arrows from raw rows over two steps to the model; the set on the side is not among its ancestors."));
        lab.say("The model was built of %d data sets; row 5 of its labelled rows comes from row %d of the raw ones.",
                lineage.dataOf("march").size(), lineage.sources(labelled.output(), 5).iterator().next().row());
        lab.shows("data sets of the model", lineage.dataOf("march").size(), exactly(3));
        lab.shows("the unused one among them", lineage.dataOf("march").contains(other.output()) ? 1 : 0, exactly(0));
        lab.shows("replay gives the recorded hash",
                lineage.replay(labelled.output(), Map.of("long-rows", LONG, "label", LABEL)).equals(labelled.output()));

        var diff = store.diff(ids.get(versions - 2), raw);
        var table = new ArrayList<List<?>>();
        diff.removed().stream().limit(6).forEach(row -> table.add(List.of("removed", row.number(), row.text())));
        diff.added().stream().limit(6).forEach(row -> table.add(List.of("added", row.number(), row.text())));
        lab.table("Rows that the last two versions do not share", List.of("", "row", "text"), table);
        lab.shows("rows added", diff.added().size(), below(edits + 1));
    }
}
