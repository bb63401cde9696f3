package lyceum.labs.search;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import lyceum.labs.catalogue.Topic;

/**
 * Which topics are near which: one needs the other, or is related to it. A description that fits a topic's neighbours fits it better too,
 * though it has other words (spreading activation; Crestani, 1997).
 */
final class Neighbours {

    /** What the mean of a topic's neighbours adds to its own score. */
    private static final double SHARE = 0.6;

    private final int[][] near;

    Neighbours(List<Topic> topics) {
        var places = new HashMap<String, Integer>();
        var sets = new ArrayList<BitSet>();
        for (var topic : topics) {
            places.put(topic.slug(), sets.size());
            sets.add(new BitSet());
        }
        for (int d = 0; d < sets.size(); d++) {
            for (var slugs : List.of(topics.get(d).needs(), topics.get(d).related())) {
                for (var slug : slugs) {
                    int other = places.getOrDefault(slug, d);
                    sets.get(d).set(other);
                    sets.get(other).set(d);
                }
            }
            sets.get(d).clear(d);
        }
        near = sets.stream().map(set -> set.stream().toArray()).toArray(int[][]::new);
    }

    /** Each score with its neighbours' share added: {@code s(d) + 0.6 mean of s over d's neighbours}. */
    double[] spread(double[] scores) {
        var spread = scores.clone();
        for (int d = 0; d < scores.length; d++) {
            double sum = 0;
            for (int other : near[d]) {
                sum += scores[other];
            }
            spread[d] += SHARE * sum / Math.max(1, near[d].length);
        }
        return spread;
    }
}
