package lyceum.serve.constrain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.Function;
import lyceum.FormatException;
import lyceum.random.Rng;
import lyceum.testing.Fuzz;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class GrammarTest {
    private static final TokenPieces BYTES = TokenPieces.of(256, b -> new byte[] {(byte) b});

    @Test void grammarsAreReadOrRefusedByName() {
        assertThatThrownBy(() -> new GrammarConstraint(Grammar.gbnf("root ::= root \"x\" | \"y\""), BYTES))
                .hasMessageContaining("\"root\" begins with itself");
        assertThatThrownBy(() -> new GrammarConstraint(Grammar.gbnf("root ::= a? root \"x\" | \"y\"\na ::= \"a\""), BYTES))
                .hasMessageContaining("begins with itself");
        assertThatThrownBy(() -> Grammar.gbnf("root ::= other")).hasMessageContaining("[other]");
        assertThatThrownBy(() -> Grammar.gbnf("start ::= \"a\"")).hasMessageContaining("root");
        assertThatThrownBy(() -> Grammar.gbnf("root ::= \"a\n\"")).hasMessageContaining("closing quote").hasMessageContaining("line 1");
        assertThatThrownBy(() -> Grammar.gbnf("root ::= \"a\"\nroot ::= \"b\"")).hasMessageContaining("defined twice");
        assertThatThrownBy(() -> Grammar.ebnf("a = 'x' - 'y';")).hasMessageContaining("exceptions");
        for (var bad : List.of("(?=a)", "\\bx", "(a)\\1", "a{3,2}", "[b-a]", "(", "a)", "*", "[a", "\\q", "a^", "x{1001}", "\\ud800"))
            assertThatThrownBy(() -> Grammar.regex(bad)).as(bad).isInstanceOf(FormatException.class)
                    .hasMessageContaining("regular expression");
        var ebnf = new GrammarConstraint(
                Grammar.ebnf("(* lists *) list of words = word, { ',', word }; word = 2 * letter, [ '!' ]; letter = 'a' | \"b\";"), BYTES);
        assertThat(ebnf.accepts("ab,ba!")).isTrue();
        assertThat(ebnf.accepts("ab,b")).isFalse();
        var gbnf = new GrammarConstraint(
                Grammar.gbnf("root ::= greeting\n  | [^\\x00-\\u00ff] #x21{2,}\n# comment\ngreeting ::= (\"hi\" |\n 'ho') \"\\n\"? . "),
                BYTES);
        assertThat(List.of(gbnf.accepts("hi\n東"), gbnf.accepts("hox"), gbnf.accepts("東!!!"), gbnf.accepts("東!"), gbnf.accepts("hi")))
                .containsExactly(true, true, true, false, false);
    }

    @Test void schemasThatCannotBePromisedNameTheirPath() {
        var refused = new LinkedHashMap<String, String>();
        refused.put("{\"type\": \"object\", \"properties\": {\"a/b\": {\"not\": {}}}}", "#/properties/a~1b/not");
        refused.put("{\"type\": \"array\", \"items\": {\"type\": \"string\"}, \"uniqueItems\": true}", "#/uniqueItems");
        refused.put("{\"type\": \"string\", \"format\": \"hostname\"}", "#/format");
        refused.put("{\"type\": \"string\", \"pattern\": \"(?=x)\"}", "#/pattern");
        refused.put("{\"type\": \"number\", \"minimum\": 2}", "#/minimum");
        refused.put("{\"oneOf\": [{\"type\": \"string\"}, {\"type\": \"string\", \"maxLength\": 3}]}", "#/oneOf");
        refused.put("{\"$ref\": \"#/$defs/none\"}", "#/$defs/none");
        refused.put("{\"$ref\": \"http://x.org/s\"}", "#/$ref");
        refused.put("{\"type\": \"integer\", \"minimum\": 3, \"maximum\": 2}", "#");
        refused.put("{\"type\": \"thing\"}", "#/type");
        refused.put("{\"type\": \"object\", \"required\": [\"x\"]}", "#/required");
        refused.forEach(
                (schema, path) -> assertThatThrownBy(() -> Grammar.jsonSchema(schema)).as(schema).isInstanceOf(SchemaException.class)
                        .satisfies(e -> assertThat(((SchemaException) e).path()).isEqualTo(path)).hasMessageContaining(path));
        assertThatThrownBy(() -> Grammar.jsonSchema("{")).isInstanceOf(FormatException.class);
        var endless = Grammar.jsonSchema("{\"type\": \"object\", \"properties\": {\"a\": {\"$ref\": \"#\"}}, \"required\": [\"a\"]}");
        assertThatThrownBy(() -> new GrammarConstraint(endless, BYTES)).hasMessageContaining("never ends");
        var own = Grammar.jsonSchema("{\"$ref\": \"#\"}");
        assertThatThrownBy(() -> new GrammarConstraint(own, BYTES)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test void integersKeepTheirBounds() {
        var rng = Rng.of(4);
        for (int i = 0; i < 60; i++) {
            int a = rng.nextInt(3000) - 1500, b = a + rng.nextInt(i % 2 == 0 ? 30 : 2000);
            var constraint = new GrammarConstraint(
                    Grammar.jsonSchema("{\"type\": \"integer\", \"minimum\": " + a + ", \"maximum\": " + b + "}"), BYTES);
            for (int n = -2100; n <= 4100; n += n > a - 15 && n < b + 15 ? 1 : 37)
                assertThat(constraint.accepts("" + n)).as(n + " in " + a + ".." + b).isEqualTo(n >= a && n <= b);
            assertThat(constraint.accepts("-0") || constraint.accepts("007")).isFalse();
        }
    }

    @Test void formatsOfRequestsAreRead() {
        assertThat(ResponseFormat.read("{\"type\": \"text\"}")).isEmpty();
        var pieces = BYTES;
        Function<String, GrammarConstraint> of = json -> new GrammarConstraint(ResponseFormat.read(json).orElseThrow(), BYTES);
        assertThat(of.apply("{\"type\": \"json_object\"}").accepts("{\"a\": [1]}")).isTrue();
        assertThat(of.apply("{\"type\": \"json_object\"}").accepts("[1]")).isFalse();
        var schema = of.apply("{\"type\": \"json_schema\", \"json_schema\": {\"name\": \"x\", \"schema\": {\"type\": \"boolean\"}}}");
        assertThat(schema.accepts("true")).isTrue();
        assertThat(schema.accepts("1")).isFalse();
        assertThat(of.apply("{\"type\": \"choice\", \"choice\": [\"yes\", \"no\"]}").accepts("no")).isTrue();
        assertThat(of.apply("{\"type\": \"regex\", \"regex\": \"a+\"}").accepts("aa")).isTrue();
        assertThatThrownBy(() -> ResponseFormat.read("{\"type\": \"yaml\"}")).hasMessageContaining("yaml");
        assertThatThrownBy(() -> ResponseFormat.read("{\"type\": \"json_schema\"}")).hasMessageContaining("json_schema");
    }

    @Tag("slow")
    @Test void fiveThousandMutantsAreReadOrRefused() { fuzzed(1_000); }

    @Tag("heavy")
    @Test void aHundredThousandMutantsAreReadOrRefused() { fuzzed(20_000); }

    /** @param n mutants of each of the five readers */
    private static void fuzzed(int n) {
        fuzzed(n, Grammar::gbnf, "root ::= term ([-+*/] term)* # a sum\nterm ::= [0-9]+ | \"(\" root \")\"",
                "root ::= \"a\\x41\\u00e9\"{2,4} | [^\\n\\]x-z]? 'q' .\n| #x20+");
        fuzzed(n, Grammar::ebnf, "(* c *) text = pair, { pair }; pair = '(', [ text ], ')' | 2 * \"<\", '>';");
        fuzzed(n, Grammar::regex, "^([a-f0-9]{8}(-|\\d{4}){3}|(?:GET|POST) /[^\\s?]*)+?$",
                "\"([^\"\\\\]|\\\\.)*\"[\\u00e9-\\u{1F600}]{2,}");
        fuzzed(n, Grammar::jsonSchema,
                "{\"$ref\": \"#/$defs/t\", \"$defs\": {\"t\": {\"type\": \"object\", \"properties\": {\"v\": {\"type\": [\"integer\", \"null\"], \"minimum\": -5}, \"k\": {\"type\": \"array\","
                        + " \"items\": {\"$ref\": \"#/$defs/t\"}, \"maxItems\": 3}, \"s\": {\"type\": \"string\", \"pattern\": \"^a+\"}}, \"required\": [\"v\"], \"additionalProperties\": {\"enum\": [1, \"x\"]}}}}");
        fuzzed(n, ResponseFormat::read,
                "{\"type\": \"json_schema\", \"json_schema\": {\"schema\": {\"oneOf\": [{\"const\": 1}, {\"type\": \"string\", \"maxLength\": 9}]}}}");
    }

    private static void fuzzed(int n, Function<String, Object> reader, String... samples) {
        var files = new byte[samples.length][];
        for (int i = 0; i < files.length; i++) {
            files[i] = samples[i].getBytes(StandardCharsets.UTF_8);
            assertThat(reader.apply(samples[i])).isNotNull();
        }
        var report = Fuzz.of(files).allowing(FormatException.class, IllegalArgumentException.class).allocatingAtMost(512L << 20).mutants(n,
                bytes -> {
                    if (reader.apply(new String(bytes, StandardCharsets.UTF_8)) instanceof Grammar grammar)
                        new GrammarConstraint(grammar, BYTES);
                });
        assertThat(report.refused()).isPositive();
    }
}
