package lyceum.labs.nn;

import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.between;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.memory.Scope;
import lyceum.nn.Activation;
import lyceum.nn.Linear;
import lyceum.nn.Pass;
import lyceum.nn.Sequential;
import lyceum.nn.SparseActivation;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** A hidden layer reads digits under a price for activity: ever fewer units fire, and the digits are read as well as before, up to a point. */
@Lab(topics = "sparse-representation", title = "Sixty of three thousand")
final class SparseRepresentationLab implements LabBody {
    @Override public void run(LabContext lab) {
        int units = lab.param("units", 64, 16, 256), steps = lab.param("steps", 200, 50, 2000), winners = lab.param("winners", 6, 1, 16);
        var digits = Datasets.digits().flat().to(DType.F32).scaled(1.0 / 16);
        Tensor x = digits.x().compute(), y = digits.y(), shown = x.narrow(0, 1700, 60);
        var rows = new ArrayList<List<?>>();
        var rasters = new ArrayList<Figure>();
        double before = 2;
        for (double price : new double[] {0, 1e-3, 1e-2, 3e-2}) {
            var network = network(lab, units, SparseActivation.l1(price));
            double accuracy = trained(lab, network, x, y, steps);
            var h = hidden(network, x.narrow(0, 1400, 397));
            SparseActivation.Measures population = SparseActivation.population(h), lifetime = SparseActivation.lifetime(h);
            rows.add(List.of(price, accuracy, population.activeShare(), population.hoyer(), population.gini(), population.trevesRolls(),
                    lifetime.trevesRolls()));
            rasters.add(Figure.heatmap("price " + price, hidden(network, shown)).axes("unit", "digit"));
            if (price > 0)
                lab.shows("active share at price " + price + " less that at the lower price", population.activeShare() - before, below(0));
            if (price == 1e-2) images(lab, network, x);
            before = population.activeShare();
        }
        var network = network(lab, units, SparseActivation.kWinners(winners));
        rows.add(List.of("k winners", trained(lab, network, x, y, steps), 0, 0, 0, 0, 0));
        lab.shows("most units active under k winners, over k", hidden(network, shown).ne(0).to(DType.F64).sum(-1).max().item() / winners,
                between(0, 1));
        lab.table("What a price buys",
                List.of("price", "accuracy", "active share", "Hoyer", "Gini", "Treves-Rolls", "the same over a unit's life"), rows);
        lab.figure(Figure.grid("Sixty digits, all units", 2, rasters.toArray(Figure[]::new))
                .describedAs("Rows are digits, columns units: the dearer activity is, the emptier the raster."));
        lab.shows("Treves-Rolls of one unit among ten, times ten",
                10 * SparseActivation.Measures.of(Tensor.of(0L).oneHot(DType.F64, 10).reshape(10)).trevesRolls(), exactly(1));
    }

    private static Sequential network(LabContext lab, int units, SparseActivation sparse) {
        return new Sequential(new Sequential(new Linear(64, units, lab.rng(1)), Activation.RELU, sparse),
                new Linear(units, 10, lab.rng(2)));
    }

    private static Tensor hidden(Sequential network, Tensor x) {
        return Autograd.noGrad(() -> ((Sequential) network.layers().getFirst()).forward(x).compute());
    }

    /** The accuracy on what was held back. */
    private static double trained(LabContext lab, Sequential network, Tensor x, Tensor y, int steps) {
        var optimizer = new Adam(5e-3).over(network.parameters());
        var rng = lab.rng(3);
        for (int step = 0; step < steps; step++) {
            try (var scope = Scope.open("step")) {
                int[] rows = rng.sample(1400, 64);
                var penalties = new ArrayList<Tensor>();
                optimizer.zeroGrad();
                var loss = Loss.crossEntropy(network.forward(x.rows(rows), Pass.training(rng).collecting(penalties::add)), y.rows(rows));
                for (var penalty : penalties) loss = loss.add(penalty);
                loss.backward();
                optimizer.step();
            }
        }
        return Autograd
                .noGrad(() -> network.forward(x.narrow(0, 1400, 397)).argmax(-1).eq(y.narrow(0, 1400, 397)).to(DType.F64).mean().item());
    }

    /** The digits that the busiest unit answers to most. */
    private static void images(LabContext lab, Sequential network, Tensor x) {
        var h = hidden(network, x);
        int unit = (int) h.sum(0, false).argmax().item();
        var top = h.select(1, unit).topk(6, 0).indices();
        var images = new ArrayList<Figure>();
        for (int i = 0; i < 6; i++)
            images.add(Figure.heatmap("number " + (i + 1), x.select(0, top.itemLong(i)).reshape(8, 8)).axes("column", "row"));
        lab.figure(Figure.row("A unit's six favourite digits", images.toArray(Figure[]::new))
                .describedAs("What makes the busiest unit fire most, under a price of 0.01."));
    }
}
