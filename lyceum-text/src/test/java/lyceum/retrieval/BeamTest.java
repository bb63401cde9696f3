package lyceum.retrieval;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Comparator;
import java.util.HashSet;
import java.util.TreeSet;
import lyceum.random.Rng;
import org.junit.jupiter.api.Test;

class BeamTest {
    private record Met(int node, double score) {}

    private static final Comparator<Met> NEAREST = Comparator.comparingDouble((Met m) -> -m.score).thenComparingInt(Met::node);

    /** Lists and heaps alike, with many equal scores, held against a sorted set. */
    @Test void keepsTheBestAndGoesOnFromTheBestOfThem() {
        var rng = Rng.of(3);
        var beam = new Beam();
        int polls = 0;
        for (int most : new int[] {1, 2, 3, 10, 100, 256, 257, 1500, 7}) {
            beam.clear(most);
            var kept = new TreeSet<>(NEAREST);
            var been = new HashSet<Integer>();
            int[] nodes = rng.permutation(4 * most);
            for (int i = 0; i < nodes.length; i++) {
                var met = new Met(nodes[i], rng.nextInt(2 * most));
                assertThat(beam.threshold()).isEqualTo(kept.size() < most ? Double.NEGATIVE_INFINITY : kept.last().score);
                if (met.score > beam.threshold()) {
                    beam.offer(met.node, met.score);
                    kept.add(met);
                    if (kept.size() > most) kept.pollLast();
                }
                var next = kept.stream().filter(m -> !been.contains(m.node)).findFirst();
                if (next.isEmpty() || next.get().score <= beam.threshold() || rng.nextInt(3) > 0) continue;
                assertThat(beam.topScore()).isEqualTo(next.get().score);
                assertThat(beam.peek(0)).isEqualTo(next.get().node);
                assertThat(beam.poll()).isEqualTo(next.get().node);
                been.add(next.get().node);
                polls++;
            }
            var found = beam.candidates();
            assertThat(found.nodes()).containsExactly(kept.stream().mapToInt(Met::node).toArray());
            assertThat(found.scores()).containsExactly(kept.stream().mapToDouble(Met::score).toArray());
        }
        assertThat(polls).isGreaterThan(1000);
    }
}
