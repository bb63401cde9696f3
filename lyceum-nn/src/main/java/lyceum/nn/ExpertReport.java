package lyceum.nn;

import java.util.Arrays;
import java.util.function.UnaryOperator;
import lyceum.autograd.Autograd;
import lyceum.tensor.Tensor;

/**
 * What the experts of a layer are for, by groups of tokens (languages, parts of speech, regimes). All tables are [group][expert].
 *
 * @param loss mean loss of each group
 * @param profile share of a group's choices that falls on each expert; rows sum to 1
 * @param crossLoss mean loss of a group if each of its tokens goes through that expert alone, with gate 1
 * @param lossWithout mean loss of a group if the expert is taken out and the gates of the others scaled up; a token without experts gets 0 of them
 */
public record ExpertReport(double[] loss, double[][] profile, double[][] crossLoss, double[][] lossWithout) {

    /**
     * @param x (T, width) tokens
     * @param losses of the layer's output (T, width): the loss of each token (T)
     * @param groups (T) the group of each token, from 0 on
     */
    public static ExpertReport of(MixtureOfExperts layer, Tensor x, UnaryOperator<Tensor> losses, int[] groups) {
        int kinds = Arrays.stream(groups).max().orElseThrow() + 1, experts = layer.experts().count();
        if (groups.length != x.size(0))
            throw new IllegalArgumentException("ExpertReport: " + groups.length + " groups for " + x.size(0) + " tokens");
        return Autograd.noGrad(() -> {
            var pass = Pass.inference();
            var routing = layer.routing(x, pass);
            var report = new ExpertReport(means(losses.apply(layer.at(x, routing, pass)), groups, kinds), new double[kinds][experts],
                    new double[kinds][experts], new double[kinds][experts]);
            var pairs = new double[kinds];
            for (int t = 0; t < groups.length; t++) for (int e : routing.chosen()[t]) {
                report.profile[groups[t]][e]++;
                pairs[groups[t]]++;
            }
            for (int g = 0; g < kinds; g++) for (int e = 0; e < experts; e++) report.profile[g][e] /= Math.max(1, pairs[g]);
            for (int e = 0; e < experts; e++) {
                var alone = new int[experts];
                alone[e] = groups.length;
                double[] cross = means(losses.apply(layer.experts().forward(x, alone, pass)), groups, kinds);
                double[] without = means(losses.apply(layer.at(x, routing.without(e, layer.router().config().renormalised()), pass)),
                        groups, kinds);
                for (int g = 0; g < kinds; g++) {
                    report.crossLoss[g][e] = cross[g];
                    report.lossWithout[g][e] = without[g];
                }
            }
            return report;
        });
    }

    private static double[] means(Tensor losses, int[] groups, int kinds) {
        return losses.segmentMean(Tensor.of(groups), kinds).toDoubleArray();
    }

    /** How many times a group's loss is what it was once an expert is gone. */
    public double ablation(int group, int expert) { return lossWithout[group][expert] / loss[group]; }

    /** The expert that most of a group's choices fall on. */
    public int dominant(int group) {
        int best = 0;
        for (int e = 1; e < profile[group].length; e++) if (profile[group][e] > profile[group][best]) best = e;
        return best;
    }
}
