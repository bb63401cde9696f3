package lyceum.labs.llm;

import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.llm.Gpt3Size;
import lyceum.llm.checkpoint.ModelFamily;
import lyceum.plot.Figure;
import lyceum.plot.Series;

/** Where the parameters of published models are, and a decoder of our own that learns to write while one watches. */
@Lab(topics = {"llm", "decoder-only-transformer"}, title = "What is in the file")
final class DecoderFamiliesLab implements LabBody {

    @Override public void run(LabContext lab) {
        int steps = lab.param("steps", 120, 30, 3000), width = lab.param("width", 48, 16, 128);
        var prompt = lab.choice("prompt", "And the LORD said ", "And the LORD said ", "In the beginning ", "The sons of ");
        budgets(lab);
        writes(lab, steps, width, prompt);
    }

    private static String config(String type, int vocabulary, int width, int hidden, int layers, int heads, int keyHeads, String more) {
        return "{\"model_type\": \"%s\", \"vocab_size\": %d, \"hidden_size\": %d, \"intermediate_size\": %d, \"num_hidden_layers\": %d, "
                .formatted(type, vocabulary, width, hidden, layers)
                + "\"num_attention_heads\": %d, \"num_key_value_heads\": %d, ".formatted(heads, keyHeads)
                + "\"max_position_embeddings\": 4096, \"hidden_act\": \"silu\"" + more + "}";
    }

    private static void budgets(LabContext lab) {
        var models = new LinkedHashMap<String, DecoderConfig>();
        models.put("GPT-2", DecoderConfig.gpt2());
        models.put("GPT-3", DecoderConfig.gpt3(Gpt3Size.B175));
        for (var json : List.of(config("llama", 32_000, 4096, 11_008, 32, 32, 32, ""),
                config("mistral", 32_000, 4096, 14_336, 32, 32, 8, ""),
                config("mixtral", 32_000, 4096, 14_336, 32, 32, 8, ", \"num_local_experts\": 8, \"num_experts_per_tok\": 2"),
                config("qwen3", 151_936, 1024, 3072, 28, 16, 8, ", \"head_dim\": 128, \"tie_word_embeddings\": true"),
                config("gemma2", 256_000, 2304, 9216, 26, 8, 4, ", \"head_dim\": 256"), config("phi3", 32_064, 3072, 8192, 32, 32, 32, "")))
            models.put(ModelFamily.of(json).name().toLowerCase(Locale.ROOT), ModelFamily.of(json).config(json));
        var names = models.keySet().toArray(String[]::new);
        var kinds = List.of("embedding and head", "attention", "feed-forward", "norms and positions");
        var share = new double[4][names.length];
        var rows = new ArrayList<List<?>>();
        for (int i = 0; i < names.length; i++) {
            var counts = new double[4];
            DecoderLM.skeleton(models.get(names[i])).parameters().forEach((name, p) -> counts[kind(name)] += p.count());
            double sum = counts[0] + counts[1] + counts[2] + counts[3];
            for (int k = 0; k < 4; k++) share[k][i] = 100 * counts[k] / sum;
            rows.add(List.of(names[i], (long) sum, (long) counts[0], (long) counts[1], (long) counts[2], (long) counts[3]));
        }
        lab.table("Numbers in published models, counted by shapes alone",
                List.of("model", "all", kinds.get(0), kinds.get(1), kinds.get(2), kinds.get(3)), rows);
        var series = new Series[4];
        for (int k = 0; k < 4; k++) series[k] = Series.of(kinds.get(k), share[k]);
        lab.figure(Figure.bars("Where the parameters are", names, series).axes("model", "per cent of all").describedAs(
                "The feed-forward parts hold most of every large model; a large vocabulary over a narrow stream, as in Qwen and Gemma, is a fifth and more."));
        lab.check("llm", 1, "GPT-2", DecoderLM.skeleton(models.get("GPT-2")).parameterCount(), exactly(124_439_808));
        lab.check("llm", 2, "Llama-2-7B", DecoderLM.skeleton(models.get("llama")).parameterCount(), exactly(6_738_415_616L));
        lab.check("llm", 3, "Mistral-7B", DecoderLM.skeleton(models.get("mistral")).parameterCount(), exactly(7_241_732_096L));
    }

    private static int kind(String parameter) {
        return parameter.startsWith("embed") || parameter.startsWith("head") ? 0
                : parameter.contains("norm") || parameter.contains("positions") ? 3 : parameter.contains("attention") ? 1 : 2;
    }

    private static void writes(LabContext lab, int steps, int width, String prompt) {
        var fresh = LetterDecoder.trained(lab, width, 0);
        var losses = new ArrayList<Double>();
        double before = LetterDecoder.perplexity(fresh.model(), fresh.held());
        var samples = new ArrayList<List<?>>();
        samples.add(List.of(0, LetterDecoder.writes(fresh.model(), prompt, 20)));
        for (int part = 1; part <= 3; part++) {
            for (double loss : LetterDecoder.train(lab, fresh.model(), fresh.text(), steps / 3, lab.rng(20 + part)))
                losses.add(loss / Math.log(2));
            samples.add(List.of(part * (steps / 3), LetterDecoder.writes(fresh.model(), prompt, 20)));
        }
        lab.table("How it goes on from \"" + prompt + "\"", List.of("steps", "written"), samples);
        lab.figure(Figure
                .line("A decoder of " + fresh.model().parameterCount() + " numbers reads the King James Bible", 1,
                        losses.stream().mapToDouble(Double::doubleValue).toArray())
                .axes("step", "bits a letter")
                .describedAs("The loss of each batch: first the frequent letters are learned, then pairs, then words."));
        double after = LetterDecoder.perplexity(fresh.model(), fresh.held());
        lab.say("A held-out letter was one of %.1f before, and is one of %.1f now.", before, after);
        lab.shows("decoder-only-transformer", "perplexity of a held-out letter after over before", after / before, below(0.3));
    }
}
