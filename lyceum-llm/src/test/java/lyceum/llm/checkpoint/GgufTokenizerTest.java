package lyceum.llm.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.FormatException;
import lyceum.format.Gguf;
import lyceum.text.BpeTrainer;
import lyceum.text.PreTokenizer;
import lyceum.text.SentencePiece;
import lyceum.text.SpecialTokens;
import lyceum.text.Tokenizer;
import lyceum.text.TokenizerPipeline;
import lyceum.text.UnigramTrainer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GgufTokenizerTest {
    private static final List<String> TEXTS = List.of("In the beginning God created the heaven and the earth. ",
            "And the earth was without form, and void; and darkness was upon the face of the deep. ",
            "1234 days, isn't it? \u00FCber \uD83D\uDE00\n\n  x");

    @TempDir Path folder;

    private Gguf written(Map<String, Object> settings) throws IOException {
        var file = folder.resolve("t.gguf");
        Gguf.write(file, new LinkedHashMap<>(settings), new LinkedHashMap<>());
        return Gguf.read(file);
    }

    private static void same(Tokenizer first, Tokenizer second) {
        for (var text : TEXTS) {
            assertThat(second.ids(text)).containsExactly(first.ids(text));
            assertThat(second.decode(second.ids(text), true)).isEqualTo(first.decode(first.ids(text), true));
        }
    }

    @Test void bytewisePairsGoThroughTheFile() throws IOException {
        for (var pattern : List.of(PreTokenizer.GPT2, PreTokenizer.GPT4, PreTokenizer.GPT4O)) {
            var trained = BpeTrainer.byteLevel(320, pattern).withSpecials(List.of("<|end|>")).train(TEXTS);
            var read = GgufTokenizer.read(written(GgufTokenizer.settings(trained)));
            same(trained, read);
            assertThat(read.specials().isSpecial(trained.vocabulary().id("<|end|>"))).isTrue();
            var ended = new TokenizerPipeline(trained.spec().withSpecials(trained.specials().with(SpecialTokens.Role.EOS, "<|end|>")));
            assertThat(GgufTokenizer.read(written(GgufTokenizer.settings(ended))).specials().eos()).isEqualTo(ended.specials().eos());
        }
    }

    @Test void piecesWithScoresAreReadAsTheModelFileIs() throws IOException {
        var unigram = SentencePiece.read(SentencePiece.write(new UnigramTrainer(320).train(TEXTS)));
        var settings = new LinkedHashMap<String, Object>();
        var scores = new ArrayList<Float>();
        var kinds = new ArrayList<Long>();
        var v = unigram.vocabulary();
        for (int id = 0; id < v.size(); id++) {
            scores.add((float) v.score(id));
            kinds.add(v.token(id).equals("<unk>") ? 2L : v.token(id).matches("<0x..>") ? 6L : unigram.specials().isSpecial(id) ? 3L : 1L);
        }
        settings.put("tokenizer.ggml.model", "t5");
        settings.put("tokenizer.ggml.tokens", v.tokens());
        settings.put("tokenizer.ggml.scores", scores);
        settings.put("tokenizer.ggml.token_type", kinds);
        var read = GgufTokenizer.read(written(settings));
        for (var text : List.of("the earth", "and darkness was upon the face", "void"))
            assertThat(read.ids(text)).containsExactly(unigram.ids(text));
    }

    @Test void mergesFollowScoresAndTheBeginningIsMarked() throws IOException {
        var settings = new LinkedHashMap<String, Object>();
        settings.put("tokenizer.ggml.model", "llama");
        settings.put("tokenizer.ggml.tokens", List.of("<unk>", "<s>", "</s>", "\u2581a", "ab", "\u2581", "a", "b"));
        settings.put("tokenizer.ggml.scores", List.of(0f, 0f, 0f, -1f, -2f, -3f, -4f, -5f));
        settings.put("tokenizer.ggml.token_type", List.of(2L, 3L, 3L, 1L, 1L, 1L, 1L, 1L));
        settings.put("tokenizer.ggml.bos_token_id", 1L);
        settings.put("tokenizer.ggml.eos_token_id", 2L);
        assertThat(GgufTokenizer.read(written(settings)).ids("ab ab")).containsExactly(1, 3, 7, 3, 7); // the space and a are the better pair
        settings.put("tokenizer.ggml.add_space_prefix", false);
        settings.put("tokenizer.ggml.add_bos_token", false);
        settings.put("tokenizer.ggml.add_eos_token", true);
        assertThat(GgufTokenizer.read(written(settings)).ids("ab ab")).containsExactly(4, 3, 7, 2);
    }

    @Test void whatCannotBeIsSaid() throws IOException {
        var settings = new LinkedHashMap<>(GgufTokenizer.settings(BpeTrainer.byteLevel(300, PreTokenizer.GPT2).train(TEXTS)));
        for (var wrong : Map.<String, Object>of("model", "rwkv", "pre", "deepseek", "merges", List.of("zz qq"), "token_type", List.of(1L),
                "tokens", 3L, "eos_token_id", 7000L).entrySet()) {
            var changed = new LinkedHashMap<>(settings);
            changed.put("tokenizer.ggml." + wrong.getKey(), wrong.getValue());
            var file = written(changed);
            assertThatThrownBy(() -> GgufTokenizer.read(file)).as(wrong.getKey()).isInstanceOf(FormatException.class);
        }
        assertThatThrownBy(() -> GgufTokenizer.settings(BpeTrainer.spaced(320).train(TEXTS))).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("bytewise BPE");
    }
}
