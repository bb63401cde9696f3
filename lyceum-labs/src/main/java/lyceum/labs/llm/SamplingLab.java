package lyceum.labs.llm;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.llm.generate.CausalGenerator;
import lyceum.llm.generate.LogitRow;
import lyceum.llm.generate.SamplingOptions;
import lyceum.llm.generate.StopCriteria;
import lyceum.llm.generate.TokenSampler;
import lyceum.plot.Figure;
import lyceum.plot.Series;

/** One model, one row of logits, and what settings leave of it: the bars, the texts, and the size of the nucleus word by word. */
@Lab(topics = {"sampling", "top-k-sampling", "top-p-sampling"}, title = "What is left to draw from")
final class SamplingLab implements LabBody {
    @Override public void run(LabContext lab) {
        double temperature = lab.param("temperature", 1.0, 0.1, 2.0), p = lab.param("top-p", 0.8, 0.1, 1.0);
        int k = lab.param("top-k", 10, 1, 200), length = lab.param("words", 25, 5, 100);
        var bible = BibleWords.of(3000);
        var row = new LogitRow(bible.model().vocabulary());
        var plain = SamplingOptions.DEFAULT.withTemperature(temperature);
        var settings = new LinkedHashMap<>(Map.of("the whole distribution", plain));
        settings.put("top-k", plain.withTopK(k));
        settings.put("top-p", plain.withTopP(p));

        for (var beginning : List.of("and it came to", "and he saw the")) { // peaked, flat
            double[] logs = bible.next(bible.prompt(beginning));
            row.load(logs).keepLargest(12);
            var ids = new Integer[row.count()];
            for (int i = 0; i < ids.length; i++) ids[i] = row.id(i);
            Arrays.sort(ids, (a, b) -> Double.compare(logs[b], logs[a]));
            var series = new ArrayList<Series>();
            settings.forEach((name, options) -> {
                new TokenSampler(options, lab.rng(1)).process(row.load(logs));
                double[] left = row.probabilities();
                series.add(Series.of(name, Arrays.stream(ids).mapToDouble(id -> left[id]).toArray()));
            });
            lab.figure(Figure
                    .bars("After \"" + beginning + " ..\"", Arrays.stream(ids).map(bible::word).toArray(String[]::new),
                            series.toArray(Series[]::new))
                    .axes("word", "probability")
                    .describedAs("The twelve likeliest words and their probabilities, before and after each cut; "
                            + "the same count is too many where one word is nearly certain and few where many are possible."));
        }

        settings.put("greedy", SamplingOptions.greedy());
        int[] prompt = bible.prompt("and the lord");
        var texts = new ArrayList<List<?>>();
        int[] greedy = null, cool = null;
        for (var setting : settings.entrySet()) {
            var generator = new CausalGenerator(bible.model()).withSampling(setting.getValue())
                    .withStop(new StopCriteria(length, length, Set.of(), List.of(), StopCriteria.FOREVER, _ -> false));
            var text = generator.generate(prompt, lab.rng(2));
            texts.add(List.of(setting.getKey(), bible.text(text.ids()), text.logProbability() / text.ids().length));
            if (setting.getKey().equals("greedy")) {
                greedy = text.ids();
                cool = generator.withSampling(SamplingOptions.DEFAULT.withTemperature(1e-6)).generate(prompt, lab.rng(3)).ids();
            }
        }
        lab.table("After \"and the lord\"", List.of("setting", "text", "log-probability a word (nats)"), texts);

        var size = new double[length];
        var read = bible.prompt("and the lord");
        var sampler = new TokenSampler(settings.get("top-p"), lab.rng(4), read);
        var decoding = bible.model().begin();
        double[] logs = decoding.next(read).toDoubleArray();
        for (int t = 0; t < length; t++) {
            row.load(logs).ban(bible.model().endMark());
            int id = sampler.next(row);
            size[t] = row.count();
            logs = decoding.next(new int[] {id}).toDoubleArray();
        }
        lab.figure(Figure.line("Words in the nucleus, step by step", 1, size).logY().horizontalLine(k, "top-k")
                .axes("step", "words that may come").describedAs(
                        "The size of the nucleus rises and falls by orders of magnitude while a text is written; a fixed k is a level line through it."));
        lab.shows("sampling", "words in which temperature 0.000001 and greedy differ", Arrays.equals(greedy, cool) ? 0 : 1, exactly(0));
        lab.shows("top-p-sampling", "largest nucleus over smallest",
                Arrays.stream(size).max().getAsDouble() / Arrays.stream(size).min().getAsDouble(), above(2));
        row.load(logs).keepLargest(k);
        lab.shows("top-k-sampling", "words that top-k leaves, less k", Math.abs(row.count() - k), below(1));
    }
}
