package lyceum.labs.models;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.exactly;

import java.util.Arrays;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.memory.Scope;
import lyceum.models.sequence.PointerConfig;
import lyceum.models.sequence.PointerNetwork;
import lyceum.models.sequence.PointerTasks;
import lyceum.nn.Pass;
import lyceum.optim.Adam;
import lyceum.optim.Clip;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** A tour as a sequence of pointers into the input, and how near it comes to the shortest one. */
@Lab(topics = "pointer-network", title = "The answer is where to point")
final class PointerLab implements LabBody {

    @Override public void run(LabContext lab) {
        int updates = lab.param("updates", 60, 20, 3000), points = lab.param("points", 5, 4, 9), width = lab.param("width", 16, 8, 64);
        var network = new PointerNetwork(new PointerConfig(2, width - width % 4), lab.rng(1));
        var data = lab.rng(2);
        var fresh = PointerTasks.tours(lab.rng(3), 100, points);
        double before = excess(network, fresh.x());
        var losses = new double[updates];
        var optimizer = new Adam(0.01).over(network.parameters()).clippedBy(Clip.norm(1));
        for (int i : lab.progress("tours", updates)) {
            try (var scope = Scope.open("update")) {
                var batch = PointerTasks.tours(data, 32, points);
                optimizer.zeroGrad();
                var loss = network.loss(batch.x(), null, batch.places(), Pass.inference());
                loss.backward();
                optimizer.step();
                losses[i] = loss.item();
            }
        }
        double after = excess(network, fresh.x());
        int[] tour = network.greedy(fresh.x().narrow(0, 0, 1), null, points)[0];
        lab.figure(drawn("A tour that was pointed at", fresh.x().get(0).toRows(), tour, true));
        lab.figure(drawn("The convex hull of the same points", fresh.x().get(0).toRows(), PointerTasks.hull(fresh.x().get(0).toRows()),
                false));
        lab.figure(Figure.line("Loss of a place", 1, losses).axes("update", "nats").describedAs("Of the shortest tours, one way round."));
        lab.say("Tours are %.1f%% longer than the shortest; before training it was %.1f%%.", 100 * after, 100 * before);
        int valid = 0;
        for (int[] t : network.greedy(fresh.x(), null, points)) if (Arrays.stream(t).distinct().count() == points) valid++;
        lab.shows("valid tours of 100", valid, exactly(100));
        lab.shows("how much longer than the shortest", after, atMost(0.5));
    }

    private static double excess(PointerNetwork network, Tensor x) {
        double found = 0, best = 0;
        int[][] tours = network.greedy(x, null, (int) x.size(1));
        for (int i = 0; i < tours.length; i++) {
            double[][] points = x.get(i).toRows();
            found += PointerTasks.length(points, tours[i]);
            best += PointerTasks.length(points, PointerTasks.shortestTour(points));
        }
        return found / best - 1;
    }

    private static Figure drawn(String title, double[][] points, int[] places, boolean all) {
        int n = places.length;
        double[] x = new double[n], y = new double[n], tox = new double[n], toy = new double[n];
        for (int i = 0; i < n; i++) {
            x[i] = points[places[i]][0];
            y[i] = points[places[i]][1];
            tox[i] = points[places[(i + 1) % n]][0];
            toy[i] = points[places[(i + 1) % n]][1];
        }
        return Figure.plot(title).points("points", Tensor.of(points))
                .arrows(all ? "steps of the decoder" : "corners in order", x, y, tox, toy).axes("x", "y")
                .describedAs("An arrow leads from each point that was pointed at to the next.");
    }
}
