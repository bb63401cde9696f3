package lyceum.serve.constrain;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import tools.jackson.databind.json.JsonMapper;

/** Twenty patterns, schemas and grammars, each beside a parser that does not know of it. */
final class ParsedRules {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private ParsedRules() {}

    record Rule(String name, Grammar grammar, Predicate<String> valid) {}

    private static Rule regex(String pattern) {
        var compiled = Pattern.compile(pattern);
        return new Rule(pattern, Grammar.regex(pattern), text -> compiled.matcher(text).matches());
    }

    private static Rule schema(String schema) {
        var oracle = new SchemaOracle(JSON.readTree(schema));
        return new Rule(schema, Grammar.jsonSchema(schema), text -> {
            try {
                return oracle.fits(JSON.readTree(text));
            } catch (RuntimeException e) {
                return false;
            }
        });
    }

    private static boolean isXml(String text) {
        try {
            var builder = DocumentBuilderFactory.newInstance().newDocumentBuilder();
            builder.setErrorHandler(null);
            return builder.parse(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8))).getDocumentElement() != null;
        } catch (Exception e) {
            return false;
        }
    }

    static boolean isJson(String text) {
        try {
            return !JSON.readTree(text).isMissingNode();
        } catch (RuntimeException e) {
            return false;
        }
    }

    /** Sums and products of numbers in brackets, by rewriting: a bracket around a plain term becomes a digit until nothing is left. */
    private static boolean isSum(String text) {
        var plain = text.replaceAll("[0-9]+", "1");
        if (plain.contains("11") || Pattern.compile("[0-9]\\s").matcher(text).find()) return false;
        for (String before = ""; !before.equals(plain);) {
            before = plain;
            plain = plain.replaceAll("\\(1([-+*/]1)*\\)", "1");
        }
        return plain.matches("1([-+*/]1)*");
    }

    private static boolean isBalanced(String text) {
        var before = "";
        while (!before.equals(text)) {
            before = text;
            text = text.replace("<>", "").replace("()", "").replace("{}", "");
        }
        return text.isEmpty();
    }

    static List<Rule> rules() {
        return List.of(regex("[0-9]{4}-(0[1-9]|1[0-2])-[0-3][0-9]"), regex("(GET|POST) /[a-z0-9/]* HTTP/1\\.[01]"),
                regex("[A-Z][a-z]+( [A-Z][a-z]+){1,3}"), regex("#[0-9a-fA-F]{6}"), regex("(\\+\\d{1,3} )?\\(?\\d{3}\\)?[ -]\\d{3,4}"),
                regex("\"([^\"\\\\]|\\\\.)*\""), regex("[α-ω]{3,9}|[^\\x00-\\x{7f}]{2,5}!"),
                schema("{\"type\": \"object\", \"properties\": {\"name\": {\"type\": \"string\"}, \"age\": {\"type\": \"integer\", \"minimum\": 0, \"maximum\": 130}},"
                        + " \"required\": [\"name\", \"age\"], \"additionalProperties\": false}"),
                schema("{\"type\": \"array\", \"items\": {\"type\": \"number\"}, \"minItems\": 2, \"maxItems\": 6}"),
                schema("{\"enum\": [\"red\", \"gr\\u00fcn\", 3, null, [1, 2]]}"),
                schema("{\"type\": \"object\", \"properties\": {\"a\": {\"type\": \"boolean\"}, \"b\": {\"type\": [\"string\", \"null\"], \"maxLength\": 12}, \"c\": {\"type\": \"integer\","
                        + " \"exclusiveMinimum\": -20, \"exclusiveMaximum\": 1000}}, \"additionalProperties\": {\"type\": \"boolean\"}}"),
                schema("{\"$ref\": \"#/$defs/tree\", \"$defs\": {\"tree\": {\"type\": \"object\", \"properties\": {\"v\": {\"type\": \"integer\"}, \"kids\": {\"type\": \"array\","
                        + " \"items\": {\"$ref\": \"#/$defs/tree\"}}}, \"required\": [\"v\"], \"additionalProperties\": false}}}"),
                schema("{\"anyOf\": [{\"type\": \"string\", \"format\": \"date\"}, {\"type\": \"string\", \"format\": \"ipv4\"}, {\"type\": \"string\", \"format\": \"email\"},"
                        + " {\"type\": \"string\", \"format\": \"date-time\"}]}"),
                schema("{\"oneOf\": [{\"type\": \"object\", \"properties\": {\"kind\": {\"const\": \"dog\"}, \"bark\": {\"type\": \"boolean\"}}, \"required\": [\"kind\", \"bark\"]},"
                        + " {\"type\": \"object\", \"properties\": {\"kind\": {\"const\": \"cat\"}, \"lives\": {\"type\": \"integer\", \"minimum\": 1, \"maximum\": 9}}, \"required\": [\"kind\"]}]}"),
                schema("{\"type\": \"array\", \"prefixItems\": [{\"type\": \"string\", \"pattern\": \"^[A-Z\\\"]{2}\\\\d\"}, {\"type\": \"boolean\"}], \"items\": {\"type\": \"null\"}, \"minItems\": 1}"),
                new Rule("JSON", Grammar.json(), ParsedRules::isJson),
                new Rule("XML", Grammar.xml(List.of("note", "to", "b.x"), List.of("id", "lang")), ParsedRules::isXml),
                new Rule("sums", Grammar.gbnf("root ::= term ([-+*/] term)* # a sum\nterm ::= [0-9]+ | \"(\" root \")\""),
                        ParsedRules::isSum),
                new Rule("brackets",
                        Grammar.ebnf("text = pair, { pair }; pair = '(', [ text ], ')' | '<', [ text ], '>' | '{', { pair }, '}';"),
                        t -> !t.isEmpty() && isBalanced(t)),
                new Rule("a^n b^n", Grammar.gbnf("root ::= \"a\" root? \"b\""),
                        t -> t.matches("a+b+") && t.lastIndexOf('a') + 1 == t.length() / 2 && t.length() % 2 == 0));
    }
}
