package lyceum.learn.explain;

import lyceum.plot.Figure;
import lyceum.plot.Plot;

/**
 * How outputs move with one column.
 *
 * @param feature the column
 * @param grid values that it was given in every row
 * @param individual outputs, a row a row of the data and a column a value of the grid (ICE)
 * @param average over the rows (PDP)
 */
public record PartialDependence(int feature, double[] grid, double[][] individual, double[] average) {
    /** The average over up to {@code curves} single rows' curves. */
    public Plot figure(String title, String column, int curves) {
        var plot = Figure.line(title, grid, average).named("average");
        for (int i = 0; i < Math.min(curves, individual.length); i++) plot = plot.line("row " + i, grid, individual[i]).dashed();
        return plot.axes(column, "output")
                .describedAs("The output as one column is set to each value; curves that are not parallel show interactions.");
    }
}
