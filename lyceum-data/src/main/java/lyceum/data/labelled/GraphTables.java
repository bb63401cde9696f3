package lyceum.data.labelled;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import lyceum.FormatException;
import lyceum.data.Column;
import lyceum.data.ColumnType;
import lyceum.data.Csv;
import lyceum.data.Frame;
import lyceum.tensor.Tensor;

/**
 * A graph as two tables: nodes with {@code id}, {@code label} and a column a feature, edges with {@code source}, {@code target} and perhaps {@code weight}. A node
 * whose label is empty is to be predicted; nodes without edges and graphs without any are fine.
 *
 * {@snippet :
 * var graph = GraphTables.read(Path.of("nodes.csv"), Path.of("edges.csv"));
 * graph.classes();              // the labels, sorted
 * }
 *
 * @param ids of the nodes
 * @param classes names, sorted
 * @param labels of each node, numbers of {@code classes}, -1 for none
 * @param features (nodes, features), F32
 * @param columns names of the features
 * @param source number of the node at which each edge begins @param target at which it ends
 * @param weights of the edges, 1 where the table has none
 */
public record GraphTables(List<String> ids, List<String> classes, int[] labels, Tensor features, List<String> columns, int[] source,
        int[] target, float[] weights) {

    /** @throws FormatException naming file and row: an edge to an unknown node, an id said twice, a feature that is no number */
    public static GraphTables read(Path nodes, Path edges) throws IOException {
        return of(table(nodes, "id", "label").read(nodes).frame(), table(edges, "source", "target").read(edges).frame(),
                String.valueOf(nodes.getFileName()), String.valueOf(edges.getFileName()));
    }

    /** Ids are texts even where all are numbers. */
    private static Csv table(Path file, String... texts) throws IOException {
        var csv = new Csv().withInferRows(1);
        var names = csv.withLimit(1).read(file).frame().names();
        var all = new Csv();
        for (var text : texts) if (names.contains(text)) all = all.withType(text, ColumnType.TEXT);
        return all;
    }

    static GraphTables of(Frame nodes, Frame edges, String nodesName, String edgesName) {
        require(nodes, nodesName, "id");
        require(edges, edgesName, "source", "target");
        if (nodes.size() == 0) throw new FormatException(nodesName + ": no nodes");
        Map<String, Integer> places = new HashMap<>();
        var ids = new ArrayList<String>();
        for (int i = 0; i < nodes.size(); i++) {
            String id = text(nodes.column("id"), i, nodesName);
            if (places.putIfAbsent(id, i) != null)
                throw new FormatException(nodesName + ", row " + (i + 1) + ": the id '" + id + "' is that of row " + (places.get(id) + 1));
            ids.add(id);
        }
        var classes = new TreeSet<String>();
        if (nodes.has("label")) for (int i = 0; i < nodes.size(); i++)
            if (!nodes.column("label").isNull(i)) classes.add(String.valueOf(nodes.column("label").get(i)));
        var names = List.copyOf(classes);
        var labels = new int[nodes.size()];
        for (int i = 0; i < labels.length; i++)
            labels[i] = !nodes.has("label") || nodes.column("label").isNull(i) ? -1
                    : names.indexOf(String.valueOf(nodes.column("label").get(i)));
        var columns = nodes.names().stream().filter(n -> !n.equals("id") && !n.equals("label")).toList();
        var ends = new int[2][edges.size()];
        for (int e = 0; e < edges.size(); e++) for (int k = 0; k < 2; k++) {
            String id = text(edges.column(k == 0 ? "source" : "target"), e, edgesName);
            Integer place = places.get(id);
            if (place == null) throw new FormatException(edgesName + ", row " + (e + 1) + ": the node '" + id + "' is not in " + nodesName);
            ends[k][e] = place;
        }
        var weights = new float[edges.size()];
        for (int e = 0; e < weights.length; e++) weights[e] = edges.has("weight") ? number(edges.column("weight"), e, edgesName) : 1;
        return new GraphTables(ids, names, labels, features(nodes, columns, nodesName), columns, ends[0], ends[1], weights);
    }

    private static void require(Frame table, String name, String... columns) {
        for (var column : columns)
            if (!table.has(column)) throw new FormatException(name + ": no column '" + column + "'; there are " + table.names());
    }

    private static String text(Column column, int row, String name) {
        if (column.isNull(row)) throw new FormatException(name + ", row " + (row + 1) + ": no " + column.name());
        return String.valueOf(column.get(row));
    }

    private static float number(Column column, int row, String name) {
        if (!column.isNull(row) && column.get(row) instanceof Number n && Float.isFinite(n.floatValue())) return n.floatValue();
        if (!column.isNull(row) && column.get(row) instanceof Boolean b) return b ? 1 : 0;
        throw new FormatException(name + ", row " + (row + 1) + ": " + column.name() + " is "
                + (column.isNull(row) ? "empty" : "'" + column.get(row) + "'") + "; a number");
    }

    /** Nodes without a feature in the table have one that is 1. */
    private static Tensor features(Frame nodes, List<String> columns, String name) {
        int n = nodes.size(), width = Math.max(1, columns.size());
        var values = new float[Math.multiplyExact(n, width)];
        if (columns.isEmpty()) Arrays.fill(values, 1);
        for (int c = 0; c < columns.size(); c++) {
            var column = nodes.column(columns.get(c));
            for (int i = 0; i < n; i++) values[i * width + c] = number(column, i, name);
        }
        return Tensor.of(values, n, width);
    }

    /** Number of nodes. */
    public int nodes() { return labels.length; }

    /** Number of edges. */
    public int edges() { return source.length; }
}
