package lyceum.studio.cli;

import static lyceum.studio.cli.CommandFixture.lyceum;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ConnectException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import lyceum.autograd.Autograd;
import lyceum.format.Gguf;
import lyceum.format.Safetensors;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.llm.chat.JinjaChatTemplate;
import lyceum.llm.chat.LoadedModel;
import lyceum.llm.checkpoint.ModelFamily;
import lyceum.nn.Module;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.text.BpeTrainer;
import lyceum.text.PreTokenizer;
import lyceum.text.TokenizerPipeline;
import lyceum.train.peft.Lora;
import lyceum.train.peft.Peft;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** One chain: texts, a tokenizer, a model of them, what it is worth, fewer bits, words out of it; and what is said when it cannot be. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LanguageCommandsTest {
    private static final String[] WORDS = {"the", "green", "ship", "sails", "to", "far", "towns", "where", "old", "men", "sing", "of",
            "home"};

    @TempDir private static Path folder;
    private Path texts, model;

    @BeforeAll void aModelOfAFewTexts() throws IOException {
        texts = Files.createDirectories(folder.resolve("texts"));
        for (int i = 0; i < 40; i++) {
            var text = new StringBuilder();
            for (int w = 0; w < 150; w++) text.append(WORDS[(w * (1 + i % 3) + i) % WORDS.length]).append(w % 13 == 12 ? ".\n" : " ");
            Files.writeString(texts.resolve("t" + i + ".txt"), text);
        }
        model = folder.resolve("model");
        var run = lyceum("pretrain", "--text", texts.toString(), "--out", model.toString(), "--config", "tiny", "--tokenizer", "bpe:300",
                "--steps", "12", "--batch", "4");
        assertThat(run.err()).isEmpty();
        assertThat(run.out()).contains("12 steps", "held out:", "before training", "lyceum chat");
        double after = Double.parseDouble(run.out().replaceAll("(?s).*held out: ([0-9.]+) bits.*", "$1"));
        assertThat(after).isLessThan(0.8 * Double.parseDouble(run.out().replaceAll("(?s).*byte, ([0-9.]+) before.*", "$1")));
    }

    @Test void itIsMeasuredShrunkAndSpeaks() throws IOException {
        var perplexity = lyceum("perplexity", model.toString(), texts.resolve("t39.txt").toString());
        assertThat(perplexity.out()).matches("(?s)perplexity [0-9.]+ a token, [0-9.]+ bits per byte, .*");
        for (var type : new String[] {"q8_0", "q4_0"}) {
            var small = folder.resolve(type + ".gguf");
            var quantize = lyceum("quantize", model.toString(), small.toString(), "--type", type, "--measure",
                    texts.resolve("t39.txt").toString());
            assertThat(quantize.err()).isEmpty();
            assertThat(quantize.out()).contains("bits a weight", "decoder.layers.*.mlp.down_proj.weight", "before, ");
            assertThat(Gguf.read(small).entries().get("blk.0.ffn_up.weight").type()).isEqualToIgnoringCase(type);
        }
        assertThat(Files.size(folder.resolve("q4_0.gguf"))).isLessThan(Files.size(folder.resolve("q8_0.gguf")) * 3 / 4);
        var again = lyceum("quantize", folder.resolve("q8_0.gguf").toString(), folder.resolve("f32.gguf").toString(), "--type", "f32");
        assertThat(again.code()).isZero();
        for (var path : new Path[] {model, folder.resolve("q8_0.gguf"), folder.resolve("f32.gguf")}) {
            var chat = lyceum("chat", path.toString(), "--say", "the green", "--temperature", "0", "--max", "8");
            assertThat(chat.err()).isEmpty();
            assertThat(chat.out()).startsWith("the green").hasSizeGreaterThan(12);
        }
    }

    @Test void fourBitsAreAFolder() {
        var text = texts.resolve("t39.txt").toString();
        var gguf = folder.resolve("f16.gguf").toString();
        assertThat(lyceum("quantize", model.toString(), gguf, "--type", "f16").code()).isZero();
        for (var type : new String[] {"gptq4", "awq4", "nf4"}) {
            var small = folder.resolve(type).toString();
            var quantize = lyceum("quantize", type.equals("awq4") ? gguf : model.toString(), small, "--type", type, "--calibrate", text,
                    "--measure", text);
            assertThat(quantize.err()).isEmpty();
            assertThat(quantize.out()).contains("bits a weight", "decoder.layers.1 ", "of what it gives").contains("before, ");
            var figures = quantize.out().replaceAll("(?s).*perplexity ([0-9.]+) before, ([0-9.]+) after.*", "$1 $2").split(" ");
            assertThat(Double.parseDouble(figures[1]) / Double.parseDouble(figures[0])).isBetween(0.9, 1.1);
            assertThat(lyceum("chat", small, "--say", "the green", "--temperature", "0", "--max", "8").out()).startsWith("the green")
                    .hasSizeGreaterThan(12);
        }
        var out = folder.resolve("x").toString();
        assertThat(lyceum("quantize", model.toString(), out, "--type", "nf4").out()).contains("decoder.layers.*.mlp.down_proj.weight");
        assertThat(lyceum("quantize", model.toString(), out, "--type", "gptq4").err())
                .contains("needs texts to calibrate on: --calibrate FILE");
        assertThat(lyceum("quantize", model.toString(), gguf, "--type", "nf4").err()).contains("OUT is a file");
    }

    @Test void aTemplateMakesAConversation() throws IOException {
        var local = LoadedModel.open(model);
        var talking = folder.resolve("talking");
        new LoadedModel(local.model(), local.tokenizer(),
                JinjaChatTemplate.of("{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}", "", ""))
                .write(talking, ModelFamily.LLAMA);
        var chat = lyceum("chat", talking.toString(), "--system", "sing", "--say", "the", "--say", "old", "--max", "4");
        assertThat(chat.code()).isZero();
        assertThat(chat.out().lines().count()).isGreaterThanOrEqualTo(2);
        assertThat(lyceum("chat", model.toString(), "--system", "sing", "--say", "the").err()).contains("has no chat template");
    }

    @Test void aRunGoesOn() throws IOException {
        var out = folder.resolve("resumed");
        String[] first = {"pretrain", "--text", texts.toString(), "--out", out.toString(), "--config", "tiny", "--tokenizer",
                model.resolve("tokenizer.json").toString(), "--steps", "2", "--batch", "2"};
        assertThat(lyceum(first).code()).isZero();
        assertThat(lyceum(first).err()).contains("already holds a run; continue it with --resume");
        assertThat(lyceum("pretrain", "--text", texts.toString(), "--out", out.toString(), "--batch", "2", "--resume").out())
                .contains("2 steps");
        assertThat(lyceum("pretrain", "--text", texts.resolve("t1.txt").toString(), "--out", out.toString(), "--resume").err())
                .contains("a run goes on with the same");
        assertThat(lyceum("pretrain", "--text", texts.toString(), "--out", folder.resolve("none").toString(), "--resume").err())
                .contains("holds no run to continue");
    }

    @Test void aConfigurationAndMinutesAreTaken() throws IOException {
        var out = folder.resolve("own");
        var config = JsonMapper.shared().readTree(Files.readString(model.resolve("config.json")));
        ((ObjectNode) config).put("num_hidden_layers", 1);
        var file = Files.writeString(folder.resolve("own.json"), config.toString());
        var run = lyceum("pretrain", "--text", texts.toString(), "--out", out.toString(), "--config", file.toString(), "--tokenizer",
                "unigram:300", "--minutes", "0.02", "--batch", "2");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(JsonMapper.shared().readTree(Files.readString(out.resolve("config.json"))).path("num_hidden_layers").asInt())
                .isEqualTo(1);
        assertThat(run.out()).containsPattern("[1-9]\\d* steps of");
        assertThat(lyceum("pretrain", "--text", texts.toString(), "--out", folder.resolve("o").toString(), "--minutes", "0").code())
                .isEqualTo(LyceumCommand.USAGE);
        assertThat(lyceum("pretrain", "--text", texts.toString(), "--out", folder.resolve("o").toString(), "--config", "huge").err())
                .contains("huge");
    }

    @Test void modelsAreMergedByARecipe() throws IOException {
        var weights = Safetensors.read(model.resolve("model.safetensors")).tensors();
        var recipe = Files.writeString(folder.resolve("recipe.yaml"), """
                merge_method: linear      # half and half
                models:
                  - model: model
                    parameters: {weight: 0.5}
                  - model: model
                    parameters: {weight: 0.5}
                dtype: float32
                """);
        var merge = lyceum("merge", recipe.toString(), folder.resolve("merged").toString());
        assertThat(merge.err()).isEmpty();
        var merged = Safetensors.read(folder.resolve("merged/model.safetensors")).tensors();
        weights.forEach((name, tensor) -> assertThat(merged.get(name).sub(tensor).abs().max().item()).isLessThan(1e-6));
        for (var wrong : Map.of("merge_method: magic", "it is linear, slerp", "merge_method: ties", "needs a base_model", "merge: linear",
                "is unknown", "merge_method: [", "recipe").entrySet()) {
            Files.writeString(recipe, wrong.getKey() + "\nmodels: [{model: model}]\n");
            assertThat(lyceum("merge", recipe.toString(), folder.resolve("x").toString()).err()).contains(wrong.getValue());
        }
    }

    @Test void itIsServedWithTuningsAndGuesses() throws Exception {
        var tuned = LoadedModel.open(model).model();
        var tuning = Peft.of(Module.copy(tuned), new Lora(2, 64).withTargets(List.of("q_proj", "down_proj")), "t", Rng.of(1));
        Autograd.noGrad(
                () -> tuning.parameters().forEach((name, w) -> w.copy_(Tensor.randn(Rng.of(name.hashCode()), w.shape().toArray()))));
        tuning.save(folder.resolve("polite"));
        assertThat(lyceum("quantize", model.toString(), folder.resolve("draft.gguf").toString(), "--type", "q8_0").code()).isZero();
        var texts = new TreeSet<String>();
        for (var draft : new String[] {"lookahead", folder.resolve("draft.gguf").toString()}) {
            int port = freePort();
            var run = new AtomicReference<CommandFixture>();
            var served = Thread.ofPlatform().start(() -> run.set(lyceum("serve", model.toString(), "--name", "base", "--port", "" + port,
                    "--memory", "4m", "--lora", "polite=" + folder.resolve("polite"), "--draft", draft)));
            try {
                assertThat(asked(port, "/v1/models", null)).contains("\"id\":\"base\"", "\"id\":\"polite\"", "\"parent\":\"base\"");
                String base = text(asked(port, "/v1/completions", "base")), polite = text(asked(port, "/v1/completions", "polite"));
                assertThat(polite).isNotEqualTo(base);
                texts.add(base + "|" + polite);
                assertThat(asked(port, "/metrics", null))
                        .containsPattern("spec_decode_num_draft_tokens_total\\{model_name=\"base\"} [1-9]");
            } finally {
                served.interrupt();
                served.join();
            }
            assertThat(run.get().err()).isEmpty();
            assertThat(run.get().out()).contains("base at http://127.0.0.1:" + port + "/v1");
        }
        assertThat(texts).as("whoever guesses, the text is the same").hasSize(1);
    }

    /** Keys and values in eight bits, a key, an encoder, no guesses of its own. */
    @Test void itIsServedToWhoHasTheKey() throws Exception {
        int port = freePort();
        var key = Files.writeString(folder.resolve("key.txt"), "open sesame\n");
        var run = new AtomicReference<CommandFixture>();
        var served = Thread.ofPlatform().start(() -> run.set(lyceum("serve", model.toString(), "--port", "" + port, "--kv", "q8",
                "--api-key-file", key.toString(), "--draft", "ngram", "--guess", "2", "--embed")));
        try {
            assertThat(asked(port, "/health", null)).contains("ok");
            assertThat(asked(port, "/v1/models", null)).contains("invalid_api_key");
            try (var client = HttpClient.newHttpClient()) {
                for (var body : Map.of("/v1/completions", "{\"prompt\":\"the green ship\",\"max_tokens\":9,\"ignore_eos\":true}",
                        "/v1/embeddings", "{\"input\":\"ships\",\"encoding_format\":\"base64\"}").entrySet()) {
                    var answer = client.send(
                            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + body.getKey()))
                                    .header("Authorization", "Bearer open sesame")
                                    .POST(HttpRequest.BodyPublishers.ofString(body.getValue())).build(),
                            HttpResponse.BodyHandlers.ofString());
                    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
                    var json = JsonMapper.shared().readTree(answer.body());
                    if (body.getKey().endsWith("completions"))
                        assertThat(json.path("usage").path("completion_tokens").asInt()).isEqualTo(9);
                    else assertThat(Base64.getDecoder().decode(json.path("data").get(0).path("embedding").asString())).hasSize(4 * 384);
                }
            }
        } finally {
            served.interrupt();
            served.join();
        }
        assertThat(run.get().err()).isEmpty();
        assertThat(run.get().out()).contains("model at http://127.0.0.1:" + port + "/v1");
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private static String text(String answer) {
        return JsonMapper.shared().readTree(answer).path("choices").get(0).path("text").asString();
    }

    /** Asks for a completion of a model, or for a page; waits for the server. */
    private static String asked(int port, String path, String name) throws Exception {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
        if (name != null) request.POST(HttpRequest.BodyPublishers
                .ofString("{\"model\":\"" + name + "\",\"prompt\":\"the green ship\",\"max_tokens\":20,\"temperature\":0}"));
        try (var client = HttpClient.newHttpClient()) {
            for (int i = 0;; i++) {
                try {
                    return client.send(request.build(), HttpResponse.BodyHandlers.ofString()).body();
                } catch (ConnectException e) {
                    if (i == 600) throw e;
                    Thread.sleep(50);
                }
            }
        }
    }

    @Test void whatCannotBeServedIsSaid() throws IOException {
        var text = model.toString();
        assertThat(lyceum("serve", text, "--host", "0.0.0.0").err()).contains("wants a key");
        assertThat(lyceum("serve", text, "--kv", "q3").err()).contains("--kv is q3");
        assertThat(lyceum("serve", text, "--memory", "much").err()).contains("--memory is much");
        assertThat(lyceum("serve", text, "--draft", folder.resolve("nobody").toString()).err()).contains("nobody");
        assertThat(lyceum("serve", text, "--lora", "x=" + folder.resolve("nothing")).err()).contains("nothing");
        assertThat(lyceum("serve", text, "--name", "x", "--lora", "x=" + folder).err()).contains("is the name of the model itself");
        var other = folder.resolve("other");
        var pieces = BpeTrainer.byteLevel(270, PreTokenizer.GPT4).train(List.of("another text of another kind"));
        var config = DecoderConfig.llama(pieces.vocabulary().size(), 64, 1, 16, 2, 2, 24);
        new LoadedModel(new DecoderLM(config, Rng.of(1)), pieces, null).write(other, ModelFamily.LLAMA);
        assertThat(lyceum("serve", text, "--draft", other.toString()).err()).contains("ModelDrafter: the draft's tokenizer has");
    }

    @Test void textsAreCutAndPiecesLearned() throws IOException {
        for (var type : new String[] {"bpe", "wordpiece", "unigram"}) {
            var out = folder.resolve(type + ".json");
            var train = lyceum("tokenizer", "train", texts.toString(), "--type", type, "--vocab", "330", "--special", "<|x|>", "--out",
                    out.toString());
            assertThat(train.err()).isEmpty();
            assertThat(train.out()).contains("pieces;", "characters to a token");
            assertThat(TokenizerPipeline.read(out).vocabulary().contains("<|x|>")).isTrue();
        }
        var file = texts.resolve("t0.txt").toString();
        var ids = lyceum("tokenize", file, "--tokenizer", folder.resolve("bpe.json").toString(), "--ids").out().strip().split(" ");
        assertThat(lyceum("tokenize", file, "--tokenizer", model.toString(), "--count").out()).contains("tokens,", "characters to a token");
        assertThat(lyceum("tokenize", file, "--tokenizer", folder.resolve("bpe.json").toString(), "--count").out())
                .startsWith(ids.length + " tokens");
        assertThat(lyceum("tokenize", file, "--tokenizer", folder.resolve("bpe.json").toString()).out().split(" ")).hasSize(ids.length);
        assertThat(lyceum("tokenizer", "train", texts.toString(), "--type", "zip", "--out", folder.resolve("z").toString()).code())
                .isEqualTo(LyceumCommand.USAGE);
    }

    @Test void documentsAreFoundByWordsAndByMeaning() throws IOException {
        var notes = Files.writeString(folder.resolve("notes.jsonl"), """
                {"id": "cancel", "text": "Ending your subscription takes effect at the end of the month.", "language": "en"}
                {"id": "rain", "text": "Tomorrow it will rain in the north.", "language": "en"}
                {"id": "cake", "text": "Beat the eggs with the sugar and bake for an hour.", "language": "en"}
                {"id": "kuchen", "text": "Die Eier mit dem Zucker verquirlen und eine Stunde backen.", "language": "de"}
                """);
        var index = folder.resolve("notes.index").toString();
        assertThat(lyceum("search", "index", notes.toString(), "--out", index).out()).contains("4 documents");
        assertThat(lyceum("search", "query", index, "how do I cancel my plan", "-k", "1").out()).contains("cancel");
        assertThat(lyceum("search", "query", index, "sugar", "--mode", "bm25", "--json").out()).contains("\"id\":\"cake\"")
                .doesNotContain("rain");
        assertThat(lyceum("search", "query", index, "baking", "--mode", "dense", "--filter", "language=de").out()).contains("kuchen")
                .doesNotContain("cake");
        assertThat(lyceum("search", "query", index, "x", "--mode", "magic").code()).isEqualTo(LyceumCommand.USAGE);
        var why = lyceum("search", "query", index, "bake with sugar", "-k", "1", "--explain").out();
        assertThat(why).containsPattern("meaning 0\\.\\d+, words 0\\.\\d+ of the query: (sugar|bake) \\d");
        var told = JsonMapper.shared()
                .readTree(lyceum("search", "query", index, "bake with sugar", "-k", "1", "--explain", "--json").out());
        assertThat(told.path("meaning").asDouble() + told.path("covered").asDouble()).isCloseTo(told.path("score").asDouble(),
                Offset.offset(1e-6));
        assertThat(told.path("words").propertyNames()).contains("sugar", "bake");
        var vectors = folder.resolve("v.safetensors");
        assertThat(lyceum("embed", notes.toString(), "--out", vectors.toString()).out()).contains("4 vectors of 384");
        assertThat(Safetensors.read(vectors).tensors().get("vectors").shape().toArray()).containsExactly(4, 384);
    }

    @Test void whatIsNotThereIsNamed() {
        assertThat(lyceum("chat", folder.resolve("no").toString(), "--say", "x").err()).contains("no");
        assertThat(lyceum("perplexity", model.toString(), folder.resolve("no.txt").toString()).err())
                .contains("There is no file or folder");
        assertThat(lyceum("quantize", model.toString(), folder.resolve("o.gguf").toString(), "--type", "q1").err())
                .contains("--type is q1");
        assertThat(lyceum("search", "query", folder.resolve("no").toString(), "x").err()).contains("There is no index");
    }
}
