package lyceum.nn;

import java.util.Arrays;
import lyceum.tensor.Tensor;

/**
 * Sentences of active features, flat.
 *
 * @param active the features' numbers, token after token
 * @param token which token each belongs to
 * @param places of each sentence's tokens among them, padded with 0: (sentences, time)
 * @param mask true for a token
 */
record FeatureBatch(Tensor active, Tensor token, int tokens, Tensor places, Tensor mask) {

    static FeatureBatch of(int[][][] features, int count) {
        int time = Arrays.stream(features).mapToInt(s -> s.length).max().orElseThrow(), all = 0, tokens = 0;
        for (var sentence : features) for (int[] token : sentence) all += token.length;
        long[] active = new long[all], owner = new long[all], places = new long[features.length * time];
        var real = new boolean[places.length];
        int at = 0;
        for (int s = 0; s < features.length; s++) for (int t = 0; t < features[s].length; t++) {
            places[s * time + t] = tokens;
            real[s * time + t] = true;
            for (int feature : features[s][t]) {
                if (feature < 0 || feature >= count) throw new IllegalArgumentException(
                        "FeatureCrf: feature " + feature + " of token " + t + " of sentence " + s + "; features are 0 to " + (count - 1));
                active[at] = feature;
                owner[at++] = tokens;
            }
            tokens++;
        }
        return new FeatureBatch(Tensor.of(active), Tensor.of(owner), tokens, Tensor.of(places, features.length, time),
                Tensor.of(real, features.length, time));
    }

    /** (sentences, time, tags). */
    Tensor emissions(Tensor weights) {
        var each = weights.indexSelect(0, active).segmentSum(token, tokens);
        return each.indexSelect(0, places.flatten()).reshape(places.size(0), places.size(1), weights.size(1));
    }
}
