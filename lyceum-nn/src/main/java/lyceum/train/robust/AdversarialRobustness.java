package lyceum.train.robust;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.SequencedMap;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.Dataset;
import lyceum.nn.Layer;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * How a classifier fares against many attacks at once, and whether their verdict can be trusted. A row counts as robust if all fail.
 *
 * {@snippet :
 * var report = new AdversarialRobustness(ThreatModel.linf(0.1).within(0, 1)).evaluate(network, validation, Rng.of(1));
 * report.worst();                    // accuracy against the worst of FGSM, PGD, APGD, margin, Square
 * report.masking();                  // reasons to believe that gradients are hidden and more attacks would succeed
 * }
 *
 * @param steps of the gradient attacks, 20 by default
 * @param queries of the query-only attack, 200 by default
 * @param surrogate a network of one's own whose fooling inputs are tried as well; null for none
 * @param tolerance accuracy, 0.02 by default, by which a weak attack may beat a strong one
 */
@Withers
public record AdversarialRobustness(ThreatModel threat, int steps, int queries, Layer surrogate, double tolerance)
        implements AdversarialRobustnessWithers {
    public AdversarialRobustness {
        if (steps < 1 || queries < 1) throw new IllegalArgumentException(
                "AdversarialRobustness: steps is " + steps + " and queries " + queries + "; both are at least 1");
        if (!(tolerance >= 0))
            throw new IllegalArgumentException("AdversarialRobustness: tolerance is " + tolerance + "; it is at least 0");
    }

    public AdversarialRobustness(ThreatModel threat) { this(threat, 20, 200, null, 0.02); }

    /**
     * What was found.
     *
     * @param clean accuracy without attack
     * @param accuracy against each attack, by name
     * @param worst share of rows that withstood them all
     * @param masking signs that gradients are hidden; empty if there are none
     */
    public record Report(double clean, SequencedMap<String, Double> accuracy, double worst, List<String> masking) {
        /** True if the gradient attacks understate how vulnerable the model is. */
        public boolean isMasked() { return !masking.isEmpty(); }
    }

    /** The attacks by name: FGSM, PGD, PGD of the margin, APGD (of the logit ratio too from three classes on), Square, and transfer if there is a surrogate. */
    public SequencedMap<String, Attack> attacks(int classes) {
        var attacks = new LinkedHashMap<String, Attack>();
        attacks.put("fgsm", Attack.fgsm(threat));
        attacks.put("pgd", new Pgd(threat, steps).withRestarts(2));
        attacks.put("margin", new Pgd(threat, steps).withObjective(AttackObjective.MARGIN));
        attacks.put("apgd", new Apgd(threat, steps));
        if (classes > 2) attacks.put("apgd-ratio", new Apgd(threat, steps, AttackObjective.LOGIT_RATIO));
        attacks.put("square", new SquareAttack(threat, queries));
        if (surrogate != null) attacks.put("transfer", Attack.transfer(surrogate, new Pgd(threat, steps)));
        return attacks;
    }

    /** @param data inputs (n, d) or (n, channels, height, width), and class numbers */
    public Report evaluate(Layer model, Dataset data, Rng rng) {
        return Autograd.noGrad(() -> {
            Tensor x = data.x(), y = data.y();
            var logits = model.forward(x).compute();
            boolean[] stands = right(logits, y);
            double clean = share(stands);
            var accuracy = new LinkedHashMap<String, Double>();
            attacks((int) logits.size(1)).forEach((name, attack) -> {
                boolean[] right = right(model.forward(attack.perturb(model, x, y, rng.split(accuracy.size()))), y);
                for (int i = 0; i < right.length; i++) stands[i] &= right[i];
                accuracy.put(name, share(right));
            });
            return new Report(clean, accuracy, share(stands), masking(model, x, y, clean, accuracy, rng.split(99)));
        });
    }

    /** Athalye, Carlini and Wagner (2018), section 3. */
    private List<String> masking(Layer model, Tensor x, Tensor y, double clean, SequencedMap<String, Double> accuracy, Rng rng) {
        var signs = new ArrayList<String>();
        double gradient = Double.POSITIVE_INFINITY;
        for (var name : List.of("pgd", "margin", "apgd", "apgd-ratio"))
            gradient = Math.min(gradient, accuracy.getOrDefault(name, Double.POSITIVE_INFINITY));
        for (var name : List.of("square", "transfer", "fgsm")) {
            double other = accuracy.getOrDefault(name, Double.POSITIVE_INFINITY);
            if (other < gradient - tolerance) signs.add(String.format(Locale.ROOT,
                    "%s, which sees less, leaves an accuracy of %.3f and the gradient attacks %.3f", name, other, gradient));
        }
        var slope = ThreatModel.flat(Pgd.slope(z -> AttackObjective.MARGIN.of(model.forward(z), y), x).rows());
        double silent = slope.abs().max(1).eq(0.0).to(DType.F64).mean().item();
        if (silent > tolerance) signs.add(String.format(Locale.ROOT, "the gradient is 0 at %.0f%% of the rows", 100 * silent));
        if (Double.isFinite(threat.high() - threat.low()) && threat.norm() == ThreatModel.Norm.LINF) {
            var free = threat.withEpsilon(threat.high() - threat.low());
            double left = share(right(
                    model.forward(new Pgd(free, steps).withRestarts(2).withObjective(AttackObjective.MARGIN).perturb(model, x, y, rng)),
                    y));
            if (left > tolerance && left > 0.1 * clean)
                signs.add(String.format(Locale.ROOT, "an attack without any bound leaves an accuracy of %.3f", left));
        }
        return List.copyOf(signs);
    }

    private static boolean[] right(Tensor logits, Tensor y) { return logits.argmax(1).eq(y.to(DType.I64)).toBooleanArray(); }

    private static double share(boolean[] right) {
        int n = 0;
        for (boolean r : right) if (r) n++;
        return (double) n / right.length;
    }
}
