package lyceum.labs.nn;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import lyceum.autograd.Autograd;
import lyceum.autograd.FlopCounter;
import lyceum.info.MutualInformation;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.memory.Scope;
import lyceum.nn.ExpertReport;
import lyceum.nn.MixtureOfExperts;
import lyceum.nn.MoeBalancing;
import lyceum.nn.MoeRouterConfig;
import lyceum.nn.MoeRouterConfig.Kind;
import lyceum.nn.Pass;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Tokens of four regimes in a plane, each with a rule of its own: who works on what under five routers, what it costs, and what is lost with an expert. */
@Lab(topics = {"sparse-moe-layer", "moe-router", "top-k-routing", "moe-expert", "noisy-top-k-moe"},
        title = "Four regimes and their experts")
final class MixtureOfExpertsLab implements LabBody {
    private static final String[] NAMES = {"expert 1", "expert 2", "expert 3", "expert 4"};

    @Override public void run(LabContext lab) {
        int steps = lab.param("steps", 250, 50, 2000), hidden = lab.param("hidden", 4, 2, 64);
        var test = Regimes.tokens(lab.rng(1), 400);
        var rows = new ArrayList<List<?>>();
        var maps = new ArrayList<Figure>();
        for (var kind : Kind.values()) {
            var config = config(1).withKind(kind)
                    .withBalancing(kind == Kind.NOISY ? new MoeBalancing.Variation(0.1, 0.1) : new MoeBalancing.Auxiliary(0.1));
            var layer = Regimes.trained(new MixtureOfExperts(config, hidden, lab.rng(21)), steps, lab.rng(3));
            var routing = layer.router().route(test.x(), Tensor.arange(test.regime().length), Pass.inference());
            int[] first = Arrays.stream(routing.chosen()).mapToInt(e -> e.length == 0 ? 0 : e[0]).toArray();
            double information = MutualInformation.normalised(MutualInformation.table(first, test.regime()),
                    MutualInformation.Norm.ARITHMETIC);
            maps.add(Figure.plot(kind.name().toLowerCase(Locale.ROOT).replace('_', ' ')).points(test.x().narrow(1, 0, 2), first, NAMES)
                    .axes("first feature", "second feature"));
            rows.add(List.of(kind, information, routing.loadVariation(), Regimes.loss(layer, test)));
            if (kind == Kind.SOFTMAX) report(lab, layer, test);
            if (kind == Kind.SOFTMAX)
                lab.shows("moe-router", "learned: mutual information of expert and regime", information, atLeast(0.6));
            if (kind == Kind.HASH) lab.shows("moe-router", "hash: mutual information", information, atMost(0.1));
            if (kind == Kind.NOISY)
                lab.shows("noisy-top-k-moe", "variation of the load with its losses", routing.loadVariation(), below(0.5));
        }
        lab.table("Five routers, k = 1", List.of("router", "information", "variation of load", "test loss"), rows);
        lab.figure(Figure.grid("Who works on which token", 3, maps.toArray(Figure[]::new))
                .describedAs("Learned routers cut the plane along the regimes; the hash deals tokens out as cards are dealt."));
        costs(lab, test, steps, hidden);
    }

    private static MoeRouterConfig config(int k) { return new MoeRouterConfig(3, 4, k).withRenormalised(false); }

    private static void report(LabContext lab, MixtureOfExperts layer, Regimes.Tokens test) {
        var report = ExpertReport.of(layer, test.x(), y -> y.sub(test.y()).square().mean(-1, false), test.regime());
        lab.figure(Figure
                .row("What each expert is for",
                        Figure.heatmap("share of a regime's tokens", Tensor.of(report.profile())).axes("expert", "regime"),
                        Figure.heatmap("loss through that expert alone", Tensor.of(report.crossLoss())).axes("expert", "regime"))
                .describedAs("After training each regime has its expert; the others' answers for it are far off."));
        double least = Double.POSITIVE_INFINITY;
        for (int g = 0; g < 4; g++) least = Math.min(least, report.ablation(g, report.dominant(g)));
        lab.shows("moe-expert", "least rise of a regime's loss without its expert", least, atLeast(5));
    }

    private static void costs(LabContext lab, Regimes.Tokens test, int steps, int hidden) {
        var quality = new ArrayList<List<?>>();
        var ks = new int[] {1, 2, 3, 4};
        double all = products(new MixtureOfExperts(config(4), hidden, lab.rng(2)), test.x());
        for (int k : ks) {
            var layer = Regimes.trained(new MixtureOfExperts(config(k).withBalancing(new MoeBalancing.Auxiliary(0.05)), hidden, lab.rng(2)),
                    steps, lab.rng(3));
            quality.add(List.of(k, Regimes.loss(layer, test), products(layer, test.x())));
            lab.shows("top-k-routing", "k " + k + ": 4 times the experts' operations over k times those of all",
                    4 * products(layer, test.x()) / (k * all), exactly(1));
        }
        lab.table("Quality and cost", List.of("k", "test loss", "operations"), quality);
        double[] experts = {4, 8, 16, 32, 64}, parameters = new double[5], compute = new double[5];
        for (int i = 0; i < 5; i++) {
            var layer = new MixtureOfExperts(new MoeRouterConfig(3, (int) experts[i], 2), hidden, lab.rng(4));
            parameters[i] = layer.parameterCount();
            compute[i] = products(layer, test.x()) / test.regime().length;
        }
        lab.figure(Figure.plot("Two experts a token, of ever more").line("parameters", experts, parameters)
                .line("operations a token", experts, compute).logX().logY().axes("experts", "count")
                .describedAs("Parameters rise with the number of experts, the work on a token does not."));
        lab.shows("sparse-moe-layer", "operations a token of 64 experts over those of 4", compute[4] / compute[0], exactly(1));
    }

    private static double products(MixtureOfExperts layer, Tensor x) {
        return Autograd.noGrad(() -> FlopCounter.count(() -> layer.forward(x).compute()).products()
                - FlopCounter.count(() -> layer.routing(x, Pass.inference())).products());
    }
}
