package lyceum.theory;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.theory.NoFreeLunch.Fraction;
import lyceum.theory.NoFreeLunch.Learner;
import lyceum.theory.NoFreeLunch.Search;
import org.junit.jupiter.api.Test;

class NoFreeLunchTest {
    private static final NoFreeLunch BOOLEAN = new NoFreeLunch(8, 2);

    @Test
    @Acceptance(topic = "no-free-lunch", clause = 1) void everyLearnerIsRightHalfTheTime() {
        var learners = List.of(Learner.NEAREST, Learner.MAJORITY, Learner.ANTI_MAJORITY, Learner.PARITY);
        int halves = 0;
        for (var learner : learners) if (BOOLEAN.offTraining(4, learner).equals(Fraction.of(1, 2))) halves++;
        Evidence.of("learners at exactly 1/2", halves, exactly(4));
        Evidence.of("targets", BOOLEAN.targets(), exactly(256));
        // The parity rule is one: never wrong on the parity of bits, 0b10010110 read by points, nor on its opposite where it sees which it is.
        assertThat(BOOLEAN.offTraining(4, Learner.PARITY, 0b10010110)).isEqualTo(Fraction.of(1, 1));
        assertThat(BOOLEAN.offTraining(4, Learner.PARITY, 0b01101001)).isEqualTo(Fraction.of(1, 1));
        // What is enumerated: every training set of four once for every target, and each of the other four points once.
        int[] asked = new int[1];
        var sets = new HashSet<String>();
        var targets = new HashSet<String>();
        BOOLEAN.offTraining(4, (seen, labels, point) -> {
            asked[0]++;
            assertThat(seen).doesNotContain(point);
            sets.add(Arrays.toString(seen) + Arrays.toString(labels) + point);
            return 0;
        }, target -> {
            targets.add(Arrays.toString(target));
            return 1;
        });
        Evidence.of("predictions, 256 targets x C(8,4) sets x 4 points", asked[0], exactly(256 * 70 * 4));
        Evidence.of("different ones, C(8,4) sets x 16 labellings x 4 points", sets.size(), exactly(70 * 16 * 4));
        Evidence.of("different targets", targets.size(), exactly(256));
        // The four are different learners: they disagree on single targets.
        for (int i = 0; i < 4; i++) for (int j = 0; j < i; j++) {
            Learner a = learners.get(i), b = learners.get(j);
            assertThat(IntStream.range(0, 256).anyMatch(t -> !BOOLEAN.offTraining(4, a, t).equals(BOOLEAN.offTraining(4, b, t)))).isTrue();
        }
    }

    @Test
    @Acceptance(topic = "no-free-lunch", clause = 2) void whereTargetsAreSmoothNearestNeighbourWins() {
        double nearest = BOOLEAN.offTraining(4, Learner.NEAREST, NoFreeLunch::isSmooth).value(),
                anti = BOOLEAN.offTraining(4, Learner.ANTI_MAJORITY, NoFreeLunch::isSmooth).value();
        Evidence.of("nearest neighbour's lead, targets that change at most once", nearest - anti, atLeast(0.2));
        assertThat(nearest).isCloseTo(0.842, within(5e-4));
        assertThat(BOOLEAN.offTraining(4, Learner.MAJORITY, NoFreeLunch::isSmooth).value()).isCloseTo(0.6625, within(1e-12));
        assertThat(anti).isCloseTo(1 - 0.6625, within(1e-12));
        // A milder prior that rules nothing out: each change costs a factor of four.
        double lead = BOOLEAN.offTraining(4, Learner.NEAREST, NoFreeLunchTest::favoursSmooth).value()
                - BOOLEAN.offTraining(4, Learner.ANTI_MAJORITY, NoFreeLunchTest::favoursSmooth).value();
        Evidence.of("the lead under a prior that only favours them", lead, atLeast(0.2));
    }

    private static long favoursSmooth(int[] target) {
        long weight = 1;
        for (int i = 1; i < 8; i++) if (target[i] == target[i - 1]) weight *= 4;
        return weight;
    }

    private static int firstNew(int[] asked) {
        int point = 0;
        while (contains(asked, point)) point++;
        return point;
    }

    private static boolean contains(int[] asked, int point) { return Arrays.stream(asked).anyMatch(a -> a == point); }

    /** From left to right. */
    private static final Search SWEEP = (asked, values) -> asked.length;

    /** Next to the best point so far if a neighbour is new. */
    private static final Search CLIMBER = (asked, values) -> {
        if (asked.length == 0) return 2;
        int best = 0;
        for (int i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
        for (int step : new int[] {1, -1}) {
            int point = asked[best] + step;
            if (point >= 0 && point < 5 && !contains(asked, point)) return point;
        }
        return firstNew(asked);
    };

    /** Away from good values: the farthest new point from the best. */
    private static final Search CONTRARY = (asked, values) -> {
        if (asked.length == 0) return 4;
        int best = 0, far = -1;
        for (int i = 1; i < values.length; i++) if (values[i] >= values[best]) best = i;
        for (int point = 0; point < 5; point++)
            if (!contains(asked, point) && (far < 0 || Math.abs(point - asked[best]) > Math.abs(far - asked[best]))) far = point;
        return far;
    };

    @Test
    @Acceptance(topic = "no-free-lunch", clause = 3) void searchesSeeTheSameBestValues() {
        var functions = new NoFreeLunch(5, 3);
        Evidence.of("functions", functions.targets(), exactly(243));
        long[][] sweep = functions.bestSoFar(SWEEP);
        // By hand: the best of t + 1 independent values is at most v for (v + 1)^(t + 1) of 3^(t + 1).
        for (int t = 0; t < 5; t++)
            for (int v = 0; v < 3; v++)
                assertThat(sweep[t][v]).isEqualTo(Math.round((Math.pow(v + 1, t + 1) - Math.pow(v, t + 1)) * Math.pow(3, 4 - t)));
        int same = 0;
        for (var search : List.of(SWEEP, CLIMBER, CONTRARY)) if (Arrays.deepEquals(functions.bestSoFar(search), sweep)) same++;
        Evidence.of("searches of identical distributions", same, exactly(3));
        // Not only step by step: as whole courses of best values.
        var courses = courses(functions, SWEEP);
        Evidence.of("different courses of best values", courses.size(), exactly(21));
        for (var search : List.of(CLIMBER, CONTRARY)) assertThat(courses(functions, search)).isEqualTo(courses);
        // Where targets are smooth they differ. By hand, 27 functions change at most once: 3 + 4 places x 6 pairs.
        assertThat(functions.bestSoFar(SWEEP, NoFreeLunch::isSmooth)[1]).containsExactly(7, 9, 11);
        assertThat(functions.bestSoFar(CONTRARY, NoFreeLunch::isSmooth)[1]).containsExactly(1, 9, 17);
        // They do go different ways.
        assertThat(order(CLIMBER)).isNotEqualTo(order(SWEEP)).isNotEqualTo(order(CONTRARY));
    }

    /** How often each course of the first five best values is seen over all functions. */
    private static Map<String, Integer> courses(NoFreeLunch functions, Search search) {
        var courses = new TreeMap<String, Integer>();
        for (int number = 0; number < functions.targets(); number++) {
            int[] target = functions.target(number), asked = {}, values = {}, best = new int[5];
            for (int t = 0; t < 5; t++) {
                int point = search.next(asked, values);
                asked = Arrays.copyOf(asked, t + 1);
                values = Arrays.copyOf(values, t + 1);
                asked[t] = point;
                best[t] = Math.max(t == 0 ? 0 : best[t - 1], values[t] = target[point]);
            }
            courses.merge(Arrays.toString(best), 1, Integer::sum);
        }
        return courses;
    }

    private static List<Integer> order(Search search) {
        int[] asked = {}, values = {};
        for (int t = 0; t < 5; t++) {
            int point = search.next(asked, values);
            asked = Arrays.copyOf(asked, t + 1);
            values = Arrays.copyOf(values, t + 1);
            asked[t] = point;
            values[t] = point % 3;
        }
        return Arrays.stream(asked).boxed().toList();
    }

    @Test void whatCannotBeCountedIsRefused() {
        assertThatThrownBy(() -> new NoFreeLunch(30, 2)).hasMessageContaining("2^30 targets");
        assertThatThrownBy(() -> BOOLEAN.offTraining(8, Learner.NEAREST)).hasMessageContaining("8 of 8 points");
        assertThatThrownBy(() -> BOOLEAN.offTraining(4, Learner.NEAREST, t -> 0)).isInstanceOf(ArithmeticException.class);
        assertThatThrownBy(() -> BOOLEAN.bestSoFar((asked, values) -> 3))
                .hasMessage("NoFreeLunch: the search asks 3 after [3]; it is a new point from 0 to 7");
    }
}
