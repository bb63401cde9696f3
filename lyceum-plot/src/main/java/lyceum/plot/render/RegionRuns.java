package lyceum.plot.render;

import java.util.ArrayList;
import java.util.List;
import lyceum.plot.Layer;

/** Neighbouring cells of one class as few rectangles: runs along a row, joined to equal runs of the row below. */
final class RegionRuns {
    /** A rectangle in the plot's values. */
    record Run(double x0, double y0, double x1, double y1) {}

    private RegionRuns() {}

    static List<Run> of(Layer.Region r, int cls) {
        int columns = r.x().size();
        int rows = r.y().size();
        var done = new ArrayList<Run>();
        var open = new ArrayList<int[]>();
        for (int row = 0; row <= rows; row++) {
            var now = row == rows ? List.<int[]>of() : runs(r, cls, row, columns);
            var next = new ArrayList<int[]>();
            int k = 0;
            for (var run : now) {
                while (k < open.size() && open.get(k)[0] < run[0]) done.add(run(r, open.get(k++), row));
                if (k < open.size() && open.get(k)[0] == run[0] && open.get(k)[1] == run[1]) next.add(open.get(k++));
                else next.add(new int[] {run[0], run[1], row});
            }
            while (k < open.size()) done.add(run(r, open.get(k++), row));
            open = next;
        }
        return done;
    }

    private static List<int[]> runs(Layer.Region r, int cls, int row, int columns) {
        var out = new ArrayList<int[]>();
        int from = -1;
        for (int c = 0; c <= columns; c++) {
            boolean in = c < columns && r.values().get(row * columns + c) == cls;
            if (in && from < 0) from = c;
            if (!in && from >= 0) {
                out.add(new int[] {from, c});
                from = -1;
            }
        }
        return out;
    }

    private static Run run(Layer.Region r, int[] run, int endRow) {
        return new Run(LayerPainter.edge(r.x(), run[0]), LayerPainter.edge(r.y(), run[2]), LayerPainter.edge(r.x(), run[1]),
                LayerPainter.edge(r.y(), endRow));
    }
}
