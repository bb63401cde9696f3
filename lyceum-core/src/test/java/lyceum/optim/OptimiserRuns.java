package lyceum.optim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.tensor.Tensor;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;

/** The runs of golden/optimisers.json, repeated by our rules. */
final class OptimiserRuns {
    private static final Golden GOLDEN = Golden.load("golden/optimisers.json");

    private OptimiserRuns() {}

    /** The largest gap over the runs of one kind, of which there are {@code count}. */
    static Gap gap(int count, String kind, Predicate<Golden> chosen) { return gap(count, kind, chosen, OptimiserRuns::rule); }

    static Gap gap(int count, String kind, Predicate<Golden> chosen, Function<Golden, Made> make) {
        var worst = Gap.absolute();
        int runs = 0;
        for (var c : GOLDEN.list("cases")) {
            var in = c.at("input");
            if (!in.text("optimiser").equals(kind) || !chosen.test(in)) continue;
            run(c, in, make.apply(in), worst);
            runs++;
        }
        assertThat(runs).as("runs of " + kind).isEqualTo(count);
        return worst;
    }

    /** A rule, and what else the optimiser does. */
    record Made(UpdateRule rule, UnaryOperator<Optimizer> also) {}

    private static void run(Golden c, Golden in, Made made, Gap worst) {
        boolean large = in.text("problem").equals("gradients 100 times random"),
                random = large || in.text("problem").equals("random gradients");
        int before = worst.seen();
        var r = new Recipe(7910);
        var x = Tensor.of(random ? r.bells(12) : in.doubles("x0")).requiresGrad();
        var f = random ? null : TestProblems.named(in.text("problem"));
        var optimizer = made.also.apply(made.rule.over(x));
        for (int step = 1; step <= 200; step++) {
            optimizer.zeroGrad();
            if (random) {
                optimizer.step(Tensor.of(r.bells(12)).mul(large ? 100 : 1));
            } else {
                (made.rule.maximize() ? f.apply(x).neg() : f.apply(x)).backward();
                optimizer.step();
            }
            SgdTest.see(worst, c, step, x.toDoubleArray());
        }
        assertThat(worst.seen() - before).as("numbers compared in " + c.text("name")).isEqualTo(7 * (int) x.count());
    }

    static Made rule(Golden in) { return new Made(ruleOf(in), UnaryOperator.identity()); }

    static double number(Golden in, String name, double otherwise) { return in.has(name) ? in.number(name) : otherwise; }

    static boolean flag(Golden in, String name) { return in.has(name) && in.flag(name); }

    private static UpdateRule ruleOf(Golden in) {
        double lr = in.number("lr"), decay = number(in, "weightDecay", 0), momentum = number(in, "momentum", 0);
        boolean maximize = flag(in, "maximize");
        var betas = in.has("betas") ? in.doubles("betas") : new double[] {0.9, 0.999};
        return switch (in.text("optimiser")) {
            case "Adam" -> new Adam(lr).withWeightDecay(decay);
            case "AdamW" -> new AdamW(lr).withWeightDecay(decay).withAmsgrad(flag(in, "amsgrad"));
            case "AdaGrad" -> new AdaGrad(lr).withRateDecay(number(in, "rateDecay", 0)).withInitial(number(in, "initial", 0))
                    .withWeightDecay(decay).withMaximize(maximize);
            case "RmsProp" -> new RmsProp(lr).withAlpha(number(in, "alpha", 0.99)).withEpsilon(number(in, "eps", 1e-8))
                    .withMomentum(momentum).withCentered(flag(in, "centered")).withWeightDecay(decay);
            case "RAdam" -> new RAdam(lr).withBeta1(betas[0]).withBeta2(betas[1]).withWeightDecay(decay);
            case "Sgd" -> new Sgd(lr).withMomentum(momentum).withDampening(number(in, "dampening", 0)).withNesterov(flag(in, "nesterov"));
            case "Lion" -> new Lion(lr).withBeta1(betas[0]).withBeta2(betas[1]).withWeightDecay(decay);
            default -> throw new AssertionError("no rule " + in.text("optimiser"));
        };
    }

    /** One parameter of {@code n} coordinates under a constant gradient: its value after each step, from the start. */
    static List<double[]> underConstantGradient(UpdateRule rule, double[] gradient, int steps) {
        var x = Tensor.zeros(DType.F64, gradient.length).copy().requiresGrad();
        var optimizer = rule.over(x);
        var way = new ArrayList<double[]>();
        way.add(x.toDoubleArray());
        for (int t = 0; t < steps; t++) {
            optimizer.step(Tensor.of(gradient));
            way.add(x.toDoubleArray());
        }
        return way;
    }
}
