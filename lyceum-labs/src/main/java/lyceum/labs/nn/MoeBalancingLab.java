package lyceum.labs.nn;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.atMost;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.memory.Scope;
import lyceum.nn.Activation;
import lyceum.nn.MixtureOfExperts;
import lyceum.nn.MoeBalancing;
import lyceum.nn.MoeRouter;
import lyceum.nn.MoeRouterConfig;
import lyceum.nn.MoeRouterConfig.Kind;
import lyceum.nn.Pass;
import lyceum.nn.Routing;
import lyceum.nn.StackedExperts;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** Eight kinds of tokens, eight experts, and a router that sends everything to the first of them: what brings the others to work. */
@Lab(topics = {"moe-load-balancing", "moe-load-balancing-loss"}, title = "Eight experts, one busy")
final class MoeBalancingLab implements LabBody {
    private static final int EXPERTS = 8, WIDTH = 9;

    @Override public void run(LabContext lab) {
        int steps = lab.param("steps", 200, 50, 2000);
        double weight = lab.param("auxiliary weight", 0.2, 0.0, 1.0), rate = lab.param("bias rate", 0.02, 0.0, 0.2);
        var strategies = new LinkedHashMap<String, MoeBalancing>();
        strategies.put("none", MoeBalancing.none());
        strategies.put("auxiliary loss", new MoeBalancing.Auxiliary(weight));
        strategies.put("bias update", new MoeBalancing.BiasUpdate(rate));
        strategies.put("assignment", new MoeBalancing.Assignment());
        var busiest = Figure.plot("The busiest expert's share of a batch").axes("step", "share").limitY(0, 1);
        var bars = new ArrayList<Figure>();
        for (var entry : strategies.entrySet()) {
            var shares = new double[steps];
            double[] load = trained(lab, entry.getValue(), shares);
            busiest = busiest.line(entry.getKey(), 1, shares);
            bars.add(Figure.bar(entry.getKey(), labels(), load).axes("expert", "share of the last 50 steps"));
            if (entry.getKey().equals("none"))
                lab.shows("moe-load-balancing-loss", "busiest over mean load without balancing", EXPERTS * max(load), atLeast(3));
            else lab.shows("moe-load-balancing", entry.getKey() + ": variation of the load", Routing.variation(load), atMost(0.5));
        }
        lab.figure(busiest.describedAs(
                "Without balancing the first expert keeps nearly all tokens: nobody else learns enough to be worth choosing."));
        lab.figure(Figure.grid("Load at the end of training", 2, bars.toArray(Figure[]::new))
                .describedAs("An even share is an eighth. The assignment is even by construction, the loss and the bias by learning."));
    }

    private static String[] labels() {
        var labels = new String[EXPERTS];
        for (int e = 0; e < EXPERTS; e++) labels[e] = "" + (e + 1);
        return labels;
    }

    private static double max(double[] values) {
        double most = 0;
        for (double v : values) most = Math.max(most, v);
        return most;
    }

    /** One-hot tokens with noise and a 1; the router begins with a weight for that 1 alone. Returns the load of the last fifty steps. */
    private static double[] trained(LabContext lab, MoeBalancing balancing, double[] busiest) {
        var config = new MoeRouterConfig(WIDTH, EXPERTS, 1).withRenormalised(false).withKind(Kind.SIGMOID).withBalancing(balancing);
        var layer = new MixtureOfExperts(new MoeRouter(config, lab.rng(1)),
                new StackedExperts(EXPERTS, WIDTH, 8, Activation.RELU, false, true, DType.F32, lab.rng(2)), null);
        var collapsed = new float[EXPERTS * WIDTH];
        collapsed[WIDTH - 1] = 3;
        Autograd.noGrad(() -> { layer.router().weight().copy_(Tensor.of(collapsed, EXPERTS, WIDTH)); });
        Tensor targets = Tensor.randn(lab.rng(3), EXPERTS, WIDTH).compute();
        var optimizer = new Adam(0.03).over(layer.parameters());
        var rng = lab.rng(4);
        var load = new double[EXPERTS];
        for (int step = 0; step < busiest.length; step++) {
            try (var scope = Scope.open("step")) {
                var kind = Tensor.randint(rng, 0, EXPERTS, 64);
                var near = kind.oneHot(DType.F32, EXPERTS).mul(3).add(Tensor.randn(rng, 64, EXPERTS).mul(0.3));
                Tensor x = Tensor.concat(1, near, Tensor.ones(64, 1)).compute(), y = targets.indexSelect(0, kind);
                var penalties = new ArrayList<Tensor>();
                optimizer.zeroGrad();
                var pass = Pass.training(rng).collecting(penalties::add);
                var routing = layer.routing(x, pass);
                layer.router().config().balancing().penalise(routing, pass);
                var loss = Loss.mse(layer.at(x, routing, pass), y);
                for (var penalty : penalties) loss = loss.add(penalty);
                loss.backward();
                optimizer.step();
                busiest[step] = max(routing.load());
                if (busiest.length - step <= 50) for (int e = 0; e < EXPERTS; e++) load[e] += routing.load()[e] / 50;
            }
        }
        return load;
    }
}
