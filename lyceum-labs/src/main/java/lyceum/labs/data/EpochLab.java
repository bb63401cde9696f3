package lyceum.labs.data;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.Arrays;
import lyceum.data.DataLoader;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.data.Sampler;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.plot.Plot;

/** Which example is seen when, over three passes; and why a loss against steps and against passes tells two stories. */
@Lab(topics = "epoch", title = "Once round the data")
final class EpochLab implements LabBody {
    @Override public void run(LabContext lab) {
        int n = lab.param("examples", 26, 8, 60), b = lab.param("batch", 4, 1, 8), passes = lab.param("passes of training", 12, 2, 40);
        double rate = lab.param("learning rate", 0.05, 0.001, 0.2);
        var last = switch (lab.choice("last batch", "keep", "keep", "drop", "pad")) {
            case "drop" -> DataLoader.Last.DROP;
            case "pad" -> DataLoader.Last.PAD;
            default -> DataLoader.Last.KEEP;
        };
        var loader = DataLoader.of(n, b, lab.rng(0)).withLast(last);
        var seen = new int[3][n];
        var grids = new ArrayList<Plot>();
        for (int pass = 0; pass < 3; pass++) {
            var grid = new double[b][loader.steps()];
            for (var row : grid) Arrays.fill(row, Double.NaN);
            for (int step = 0; step < loader.steps(); step++) {
                int[] rows = loader.pass(pass).get(step);
                for (int slot = 0; slot < rows.length; slot++) {
                    grid[slot][step] = rows[slot];
                    seen[pass][rows[slot]]++;
                }
            }
            grids.add(Figure.heatmap("Pass " + pass, grid, Figure.numbered(0, b - 1), Figure.numbered(0, loader.steps() - 1)).cellLabels()
                    .axes("step", "place in the batch"));
        }
        lab.figure(Figure.grid("Which example comes when", 1, grids.toArray(Plot[]::new))
                .describedAs("Each pass has its own order; the numbers in the cells are examples, each at one place of a pass."));
        int other = 0;
        for (var pass : seen) for (int count : pass) if (count != 1) other++;
        lab.say("%d examples in batches of %d: %d steps a pass.", n, b, loader.steps());
        if (last == DataLoader.Last.KEEP) lab.shows("examples that a pass showed other than once", other, exactly(0));
        var drawn = new boolean[n * 50];
        int missed = 0;
        for (int row : Sampler.replacement().order(n * 50, lab.rng(1))) drawn[row] = true;
        for (boolean d : drawn) if (!d) missed++;
        lab.say("Drawn with replacement instead, %.1f%% of %d examples would not be seen at all.", 100.0 * missed / drawn.length,
                drawn.length);

        var data = Datasets.linear(lab.rng(2), 512, new double[] {2, -1, 0.5, 3}, 1, 0.5);
        Plot bySteps = Figure.plot("Against steps"), byPasses = Figure.plot("Against passes");
        double[] firstPass = new double[2];
        for (int size : new int[] {8, 128}) {
            var losses = training(data, DataLoader.of(512, size, lab.rng(3)), passes, rate);
            double[] at = new double[losses.length];
            int perPass = 512 / size;
            for (int i = 0; i < at.length; i++) at[i] = i / (double) perPass;
            bySteps = bySteps.line("batch " + size, 0, losses);
            byPasses = byPasses.line("batch " + size, at, losses);
            firstPass[size == 8 ? 0 : 1] = losses[perPass];
        }
        lab.figure(Figure.row("One training, two axes", bySteps.logY().axes("steps", "mean squared error"),
                byPasses.logY().axes("passes", "mean squared error")).describedAs(
                        "Step for step the large batch falls as fast or faster; pass for pass the small one is far ahead, having made 16 times the steps."));
        lab.shows("loss after one pass, batch 128 over batch 8", firstPass[1] / firstPass[0], above(2));
    }

    /** Loss on all rows before each step of plain gradient descent on a line. */
    private static double[] training(Dataset data, DataLoader loader, int passes, double rate) {
        var losses = new ArrayList<Double>();
        double[] w = new double[data.features() + 1];
        double[][] x = data.x().toRows();
        double[] y = data.y().toDoubleArray();
        for (int pass = 0; pass < passes; pass++) for (int[] rows : loader.pass(pass)) {
            double loss = 0;
            for (int i = 0; i < y.length; i++) loss += Math.pow(error(w, x[i], y[i]), 2) / y.length;
            losses.add(loss);
            var gradient = new double[w.length];
            for (int row : rows) {
                double e = error(w, x[row], y[row]);
                for (int j = 0; j < x[row].length; j++) gradient[j] += 2 * e * x[row][j] / rows.length;
                gradient[w.length - 1] += 2 * e / rows.length;
            }
            for (int j = 0; j < w.length; j++) w[j] -= rate * gradient[j];
        }
        return losses.stream().mapToDouble(Double::doubleValue).toArray();
    }

    private static double error(double[] w, double[] x, double y) {
        double sum = w[x.length] - y;
        for (int j = 0; j < x.length; j++) sum += w[j] * x[j];
        return sum;
    }
}
