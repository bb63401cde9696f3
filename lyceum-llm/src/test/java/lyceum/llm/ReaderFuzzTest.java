package lyceum.llm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import lyceum.FormatException;
import lyceum.format.Gguf;
import lyceum.llm.chat.ChatMessage;
import lyceum.llm.chat.JinjaChatTemplate;
import lyceum.llm.checkpoint.GgufModel;
import lyceum.llm.checkpoint.ModelFamily;
import lyceum.memory.Memory;
import lyceum.testing.Fuzz;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Files that come from outside, bent: read, or refused as malformed. */
class ReaderFuzzTest {
    private static final List<String> TEMPLATES = List.of(
            "{{ bos_token }}{% for m in messages %}{% if m.role == 'user' and loop.index0 % 2 == 1 %}{{ raise_exception('order') }}{% endif %}"
                    + "<|{{ m['role'] | upper }}|>\n{{ m.content | trim }}{{ eos_token if not loop.last }}{% endfor %}"
                    + "{% if add_generation_prompt %}<|assistant|>{% endif %}",
            "{%- set ns = namespace(found=false, text='') -%}{%- macro line(x, y=2) -%}{{ x ~ '\\n' * y }}{%- endmacro -%}"
                    + "{%- for m in messages[::-1] if m.content is defined and m.content is not none -%}{%- set ns.found = true -%}"
                    + "{{ line(m.content.split(' ') | join('_') | replace('a', 'b')) }}{%- else -%}none{%- endfor -%}"
                    + "{{ {'a': [1, 2.5, none], 'b': {'c': ns.found}} | tojson(indent=2) }}{{ range(3) | list | length }}"
                    + "{% for k, v in {'x': 1}.items() %}{{ k }}={{ v }}{% endfor %}{% generation %}said{% endgeneration %}{{ strftime_now('%d %b %Y') }}");

    private static byte[][] configs() {
        return Stream.concat(TinyFamilies.all().stream(), TinyFamilies.latent().stream())
                .map(family -> bytes(family.folder().resolve("config.json"))).toArray(byte[][]::new);
    }

    private static byte[] bytes(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static void configs(int n) {
        var report = Fuzz.of(configs()).allowing(FormatException.class).mutants(n, bytes -> {
            var json = new String(bytes, StandardCharsets.UTF_8);
            ModelFamily.of(json).config(json);
        });
        assertThat(report.refused()).isPositive();
        assertThat(report.accepted()).isPositive();
    }

    private static void templates(int n) {
        var talk = List.of(ChatMessage.system("be brief"), ChatMessage.user("what is a b a"), ChatMessage.assistant("a b"),
                ChatMessage.user("c"));
        var files = TEMPLATES.stream().map(t -> t.getBytes(StandardCharsets.UTF_8)).toArray(byte[][]::new);
        TEMPLATES.forEach(t -> assertThat(JinjaChatTemplate.of(t, "<s>", "</s>").render(talk.subList(1, 4), true).text()).isNotEmpty());
        var report = Fuzz.of(files).allowing(FormatException.class, IllegalArgumentException.class).allocatingAtMost(512L << 20).mutants(n,
                bytes -> JinjaChatTemplate.of(new String(bytes, StandardCharsets.UTF_8), "<s>", "</s>").render(talk, true));
        assertThat(report.refused()).isPositive();
        assertThat(report.accepted()).isPositive();
    }

    private static void models(int n) {
        var files = List.of("gpt2", "qwen2-moe", "gemma3", "phi3", "mixtral").stream()
                .map(name -> bytes(new TinyFamilies(name).folder().resolve("model.gguf"))).toArray(byte[][]::new);
        var report = Fuzz.of(files).allowing(FormatException.class).allocatingAtMost(64L << 20).counting(() -> Memory.stats().inUse())
                .mutants(n, bytes -> {
                    var file = Gguf.read(MemorySegment.ofArray(bytes));
                    GgufModel.read(file);
                    GgufModel.ready(file);
                });
        assertThat(report.refused()).isPositive();
        assertThat(report.accepted()).isPositive();
    }

    @Test void fiveThousandMutantsOfConfigurationsAreReadOrRefused() { configs(5_000); }

    @Test void fiveThousandMutantsOfTemplatesAreReadOrRefused() { templates(5_000); }

    @Test void aThousandMutantsOfModelFilesAreReadOrRefused() { models(1_000); }

    @Tag("heavy")
    @Test void aHundredThousandMutantsAreReadOrRefused() {
        configs(100_000);
        templates(100_000);
        models(20_000);
    }
}
