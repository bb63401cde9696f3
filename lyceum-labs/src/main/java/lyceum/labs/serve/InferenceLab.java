package lyceum.labs.serve;

import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.plot.Figure;
import lyceum.serve.InferenceTuner;

/** From recomputing everything for every id to an engine with all switches on: ids a second, and what each switch saves. */
@Lab(topics = "inference-optimization", title = "One switch at a time")
final class InferenceLab implements LabBody {
    @Override public void run(LabContext lab) {
        int prompts = lab.param("prompts", 6, 2, 64), length = lab.param("ids of a prompt", 32, 8, 128),
                most = lab.param("ids to write", 12, 4, 64);
        int width = lab.param("width", 64, 32, 256) / 32 * 32;
        var model = new DecoderLM(DecoderConfig.llama(96, length + most, 2, width, 4, 2, 2 * width).withDeviation(0.15), lab.rng(1));
        var texts = new ArrayList<int[]>();
        for (int i = 0; i < prompts; i++) {
            var rng = lab.rng(10 + i);
            var ids = new int[length];
            for (int j = 0; j < length; j++) ids[j] = j < length / 2 ? j * j % 96 : rng.nextInt(96); // one beginning for all
            texts.add(ids);
        }
        var falls = new InferenceTuner(model, texts, most).waterfall(lab.progress());
        var rows = new ArrayList<List<?>>();
        var names = new String[falls.size()];
        int different = 0;
        for (int i = 0; i < names.length; i++) {
            var one = falls.get(i);
            names[i] = i == 0 ? "naive" : "+ " + InferenceTuner.Switch.values()[i - 1].name().toLowerCase(Locale.ROOT).replace('_', ' ');
            if (one.on().stream().allMatch(InferenceTuner.Switch::isLossless)) different += one.different(falls.getFirst());
            rows.add(List.of(names[i], one.tokensPerSecond(), one.computedTokens(), one.passes(), one.bytesRead(),
                    one.different(falls.getFirst())));
        }
        lab.figure(Figure.bar("Ids a second", names, falls.stream().mapToDouble(InferenceTuner.Measured::tokensPerSecond).toArray())
                .axes("switches so far", "ids a second")
                .describedAs("The cache and the batch bring most; on so small a model quantising the cache costs time."));
        lab.table("One switch more each time",
                List.of("switch", "ids a second", "ids computed", "passes", "bytes read", "texts that differ"), rows);
        lab.shows("texts that lossless switches change", different, exactly(0));
        lab.shows("ids computed with the cache, over naive", (double) falls.get(1).computedTokens() / falls.get(0).computedTokens(),
                below(0.2));
        lab.shows("passes in batches, over one by one", (double) falls.get(2).passes() / falls.get(1).passes(), below(0.2));
    }
}
