package lyceum.llm.generate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import lyceum.random.Rng;
import org.junit.jupiter.api.Test;

class DryTest {
    /** A first id after a long prompt must not wait for the square of its length, least of all for a text that one id fills. */
    @Test void eachIdIsAskedForAFewTimes() {
        int n = 20_000;
        var rng = Rng.of(3);
        int[][] texts = {new int[n], new int[n], new int[n], new int[n]};
        for (int i = 0; i < n; i++) {
            texts[1][i] = i % 2;
            texts[2][i] = rng.nextInt(2);
            texts[3][i] = i == n / 2 ? 1 : 0;
        }
        for (int[] text : texts) {
            var asked = new int[1];
            Dry.runs(place -> {
                asked[0]++;
                return text[place];
            }, n, new int[n]);
            assertThat(asked[0]).isBetween(n, 4 * n);
        }
    }

    @Test void runsAreThoseOfTheDefinition() {
        for (int seed = 0; seed < 200; seed++) {
            var rng = Rng.of(seed);
            int[] text = new int[1 + rng.nextInt(60)], runs = new int[text.length];
            for (int i = 0; i < text.length; i++) text[i] = rng.nextInt(2 + seed % 2);
            Dry.runs(place -> text[place], text.length, runs);
            for (int place = 1; place < text.length; place++) {
                int run = 0;
                while (place + run < text.length && text[run] == text[place + run]) run++;
                assertThat(runs[place]).isEqualTo(run);
            }
        }
    }

    /** What was looked at for earlier ids changes nothing, whatever the window; no run goes over a breaker. */
    @Test void aTextThatGrowsIsAsOneThatIsThere() {
        for (int seed = 0; seed < 40; seed++) {
            var rng = Rng.of(seed);
            int window = seed % 2 == 0 ? 12 : Integer.MAX_VALUE;
            var dry = new Dry(1, 2, 1, window, Set.of(2));
            var history = new TokenHistory(1, 0);
            var step = dry.processor();
            for (int i = 0; i < 60; i++) {
                history.add(rng.nextInt(3));
                var row = new LogitRow(3);
                step.apply(row, history, rng);
                double[] wanted = penalties(history.toArray(), window);
                for (int id = 0; id < 3; id++) assertThat(row.logit(id)).isEqualTo(wanted[id]);
            }
        }
    }

    /** By the definition: multiplier 1, base 2, runs of one on, 2 breaks. */
    private static double[] penalties(int[] ids, int window) {
        var penalties = new double[3];
        int first = Math.max(0, ids.length - window);
        for (int place = first + 1; place < ids.length; place++) {
            int run = 0;
            while (place - 1 - run >= first && ids[place - 1 - run] == ids[ids.length - 1 - run] && ids[place - 1 - run] != 2) run++;
            if (run > 0) penalties[ids[place]] = Math.min(penalties[ids[place]], -Math.pow(2, run - 1));
        }
        return penalties;
    }
}
