package lyceum.labs.llm;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.llm.Continuation;
import lyceum.llm.generate.CausalGenerator;
import lyceum.llm.generate.Penalties;
import lyceum.llm.generate.SamplingOptions;
import lyceum.llm.generate.StopCriteria;
import lyceum.plot.Figure;

/** A model that goes in circles when it is cool, and three brakes: what each does to the loop and what it costs. */
@Lab(topics = {"frequency-penalty", "presence-penalty", "repetition-penalty"}, title = "Out of the circle")
final class PenaltiesLab implements LabBody {
    @Override public void run(LabContext lab) {
        double alpha = lab.param("alpha", 0.5, 0.0, 2.0), temperature = lab.param("temperature", 0.5, 0.1, 1.5);
        int length = lab.param("words", 80, 20, 300);
        var bible = BibleWords.of(2000);
        var plain = SamplingOptions.DEFAULT.withTemperature(temperature);
        var stop = new StopCriteria(length, length, Set.of(), List.of(), StopCriteria.FOREVER, _ -> false);
        var generator = new CausalGenerator(bible.model()).withStop(stop);
        var prompts = List.of(bible.prompt("and the lord"), bible.prompt("and he said"), bible.prompt("in the land"),
                bible.prompt("the sons of"));

        var none = generator.withSampling(plain).generate(prompts, 3, lab.rng(1), lab.progress());
        var presence = generator.withSampling(plain.withPenalty(Penalties.presence(alpha))).generate(prompts, 3, lab.rng(1),
                lab.progress());
        var frequency = generator.withSampling(plain.withPenalty(Penalties.frequency(alpha))).generate(prompts, 3, lab.rng(1),
                lab.progress());
        lab.figure(Figure.line("Different words as a text grows", 1, growth(none, length)).named("no penalty")
                .line("presence " + alpha, 1, growth(presence, length)).line("frequency " + alpha, 1, growth(frequency, length))
                .axes("words written", "different words among them").describedAs(
                        "Three curves of vocabulary growth: without a penalty it flattens, with a presence penalty it rises, with a frequency penalty most."));

        // the commonest word of a looping text: what is taken off its logit at each of its returns
        int[] text = none.getFirst().ids();
        int loop = text[length - 1];
        double[] fine = new double[length], once = new double[length];
        for (int t = 0, count = 0; t < length; t++) {
            fine[t] = alpha * count;
            once[t] = count > 0 ? alpha : 0;
            if (text[t] == loop) count++;
        }
        lab.figure(Figure.line("What \"" + bible.word(loop) + "\" pays", 0, fine).named("frequency").line("presence", 0, once).step()
                .axes("word", "off its logit").describedAs("A staircase that rises with every return of one word, beside a single step."));

        double[] thetas = {1, 1.1, 1.3, 1.5, 2}, loops = new double[5], likelihood = new double[5];
        var rows = new ArrayList<List<?>>();
        for (int i = 0; i < 5; i++) {
            var texts = generator.withSampling(plain.withPenalty(Penalties.repetition(thetas[i]))).generate(prompts, 3, lab.rng(1),
                    lab.progress());
            loops[i] = texts.stream().mapToDouble(c -> repeated(c.ids())).average().orElseThrow();
            likelihood[i] = texts.stream().mapToDouble(c -> c.logProbability() / length).average().orElseThrow();
            rows.add(List.of(thetas[i], loops[i], likelihood[i], bible.text(Arrays.copyOf(texts.getFirst().ids(), 20))));
        }
        lab.table("CTRL's penalty", List.of("theta", "share of repeated runs of 4", "log-probability a word (nats)", "a text"), rows);
        lab.figure(Figure.line("Loops against theta", thetas, loops).axes("theta", "share of runs of four words that came before")
                .describedAs("The share of repeated runs of four words falls as theta grows."));
        lab.figure(Figure.line("Likelihood against theta", thetas, likelihood).axes("theta", "log-probability a word (nats)")
                .describedAs("The model's own log-probability of what it writes falls too: that is the price."));
        lab.shows("frequency-penalty", "different words, frequency over none",
                growth(frequency, length)[length - 1] / growth(none, length)[length - 1], above(1));
        lab.shows("presence-penalty", "different words, presence over none",
                growth(presence, length)[length - 1] / growth(none, length)[length - 1], above(1));
        lab.shows("repetition-penalty", "loops at 1.5 less at 1", loops[3] - loops[0], below(0));
        lab.shows("repetition-penalty", "log-probability at 1.5 less at 1", likelihood[3] - likelihood[0], below(0));
    }

    private static double[] growth(List<Continuation> texts, int length) {
        var mean = new double[length];
        for (var text : texts) {
            var seen = new HashSet<Integer>();
            for (int t = 0; t < length; t++) {
                seen.add(text.ids()[t]);
                mean[t] += (double) seen.size() / texts.size();
            }
        }
        return mean;
    }

    private static double repeated(int[] ids) {
        var runs = new HashSet<List<Integer>>();
        for (int i = 0; i + 4 <= ids.length; i++) runs.add(List.of(ids[i], ids[i + 1], ids[i + 2], ids[i + 3]));
        return 1 - (double) runs.size() / (ids.length - 3);
    }
}
