package lyceum.llm.generate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** Processed distributions by their definitions: sort everything, add up, cut. Ids in falling order of logits, of equal ones the lower first. */
final class SamplingReference {
    private SamplingReference() {}

    static List<Integer> order(double[] logits) {
        var ids = new ArrayList<Integer>();
        for (int i = 0; i < logits.length; i++) ids.add(i);
        ids.sort(Comparator.comparingDouble((Integer i) -> 0.0 - logits[i])); // stable; both zeros are equal
        return ids;
    }

    static double[] softmax(double[] z) {
        double top = Arrays.stream(z).max().orElseThrow(), sum = 0;
        var p = new double[z.length];
        for (int i = 0; i < z.length; i++) sum += p[i] = Math.exp(z[i] - top);
        for (int i = 0; i < z.length; i++) p[i] /= sum;
        return p;
    }

    private static double[] only(double[] z, List<Integer> kept) {
        var cut = new double[z.length];
        Arrays.fill(cut, Double.NEGATIVE_INFINITY);
        for (int id : kept) cut[id] = z[id];
        return cut;
    }

    static double[] topK(double[] z, int k) { return only(z, order(z).subList(0, Math.min(k, z.length))); }

    static double[] topP(double[] z, double p) {
        var q = softmax(z);
        return only(z, reaching(order(z), q, p));
    }

    private static List<Integer> reaching(List<Integer> order, double[] q, double p) {
        double mass = 0;
        int n = 0;
        while (n < order.size() && (n == 0 || mass < p)) mass += q[order.get(n++)];
        return order.subList(0, n);
    }

    static double[] typical(double[] z, double p) {
        var q = softmax(z);
        double entropy = 0;
        for (double v : q) if (v > 0) entropy -= v * Math.log(v);
        double h = entropy;
        var ids = order(z);
        ids.sort(Comparator.naturalOrder());
        ids.sort(Comparator.comparingDouble(i -> Math.abs(-Math.log(q[i]) - h)));
        return only(z, reaching(ids, q, p));
    }

    static double[] minP(double[] z, double p) {
        var q = softmax(z);
        double top = Arrays.stream(q).max().orElseThrow();
        return only(z, order(z).stream().filter(i -> q[i] >= p * top).toList());
    }

    static double[] divided(double[] z, double t) { return Arrays.stream(z).map(v -> v / t).toArray(); }

    static double[] biased(double[] z, Map<Integer, Double> bias) {
        var b = z.clone();
        bias.forEach((id, by) -> b[id] += by);
        return b;
    }

    static double[] penalised(double[] z, int[] seen, double theta, double presence, double frequency) {
        var b = z.clone();
        for (int id = 0; id < z.length; id++) {
            int count = 0;
            for (int s : seen) if (s == id) count++;
            if (count > 0) b[id] = (z[id] > 0 ? z[id] / theta : z[id] * theta) - presence - frequency * count;
        }
        return b;
    }
}
