package lyceum.serve.constrain;

import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which texts may be written: a context-free grammar, whatever it was said in. Characters are Unicode's; {@link GrammarConstraint} turns it into bytes and tokens.
 *
 * {@snippet :
 * var date = Grammar.regex("[0-9]{4}-(0[1-9]|1[0-2])");
 * var answer = Grammar.jsonSchema("{\"type\": \"object\", \"properties\": {\"age\": {\"type\": \"integer\", \"minimum\": 0}}, \"required\": [\"age\"]}");
 * var sums = Grammar.gbnf("root ::= term (\"+\" term)*\nterm ::= [0-9]+ | \"(\" root \")\"");
 * }
 *
 * <p>Productions may call each other and themselves, but not at their own beginning: {@code list ::= list "," item} is refused by name, {@code item ("," item)*} says
 * the same. Immutable.
 *
 * @see <a href="https://arxiv.org/abs/2307.09702">Willard and Louf (2023)</a>
 * @see <a href="https://arxiv.org/abs/2411.15100">Dong et al. (2024)</a>
 */
public final class Grammar {
    private final Map<String, Expression> rules;
    private final String root;

    /** @throws IllegalArgumentException if a production is called that is not there */
    Grammar(Map<String, Expression> rules, String root) {
        this.rules = Collections.unmodifiableMap(new LinkedHashMap<>(rules));
        this.root = root;
        if (!rules.containsKey(root)) throw new IllegalArgumentException(
                "Grammar: no production is named \"" + root + "\", with which a text begins; there are " + rules.keySet());
        var missing = new TreeSet<String>();
        rules.values().forEach(e -> calls(e, missing));
        missing.removeAll(rules.keySet());
        if (!missing.isEmpty()) throw new IllegalArgumentException("Grammar: the productions " + missing + " are used but not defined");
    }

    static void calls(Expression e, Set<String> out) {
        switch (e) {
            case Expression.Call call -> out.add(call.rule());
            case Expression.Sequence s -> s.parts().forEach(p -> calls(p, out));
            case Expression.Choice c -> c.options().forEach(p -> calls(p, out));
            case Expression.Repeat r -> calls(r.body(), out);
            case Expression.Text _,Expression.Chars _ -> {}
        }
    }

    Map<String, Expression> rules() { return rules; }

    String root() { return root; }

    /**
     * Texts that a pattern matches as a whole: literals, {@code .}, classes, {@code \d \w \s} (of ASCII) and their complements, escapes, groups, {@code |}, {@code * + ?
     * {m,n}}; {@code ^} and {@code $} at the ends. What no automaton can do (looking around, back references, word borders) is refused.
     *
     * @throws lyceum.FormatException for a pattern that is none, or is refused: names the character's number
     */
    public static Grammar regex(String pattern) { return new Grammar(Map.of("root", RegexReader.whole(pattern)), "root"); }

    /**
     * Productions as llama.cpp and the W3C write them: {@code name ::= "text" [a-z] (a | b)* c{2,4}}, comments behind {@code #}, a text being a {@code root}.
     *
     * @throws lyceum.FormatException if it is none: names the line
     */
    public static Grammar gbnf(String text) { return new Grammar(new GbnfReader(text).rules(), "root"); }

    /**
     * Productions of ISO 14977: {@code name = "text", [ optional ], { repeated }, 2 * twice | other ;}, comments between {@code (*} and {@code *)}; a text is the first
     * one's. Exceptions ({@code a - b}) are refused.
     *
     * @throws lyceum.FormatException if it is none: names the line
     */
    public static Grammar ebnf(String text) {
        var rules = new EbnfReader(text).rules();
        return new Grammar(rules, rules.keySet().iterator().next());
    }

    /**
     * JSON documents that fit a schema. Properties come in the schema's order, and others only where {@code additionalProperties} says so itself. Known are: type, enum,
     * const, properties, required, additionalProperties, items, prefixItems, minItems, maxItems, minLength, maxLength, pattern, format (date, time, date-time, uuid,
     * ipv4, email), bounds of integers, anyOf, oneOf (of options that exclude each other visibly), allOf (of one), $ref within the schema, recursion too.
     *
     * @throws SchemaException for any other keyword: names its path
     * @throws lyceum.FormatException if it is no JSON
     */
    public static Grammar jsonSchema(String schema) { return SchemaReader.read(schema); }

    /** Any JSON document. White space is bounded: a line break with 20 blanks at most at a place. */
    public static Grammar json() { return new Grammar(JsonRules.rules(JsonRules.VALUE), "root"); }

    /** Any JSON object: what OpenAI's {@code json_object} promises. */
    public static Grammar jsonObject() { return new Grammar(JsonRules.rules(JsonRules.OBJECT), "root"); }

    /**
     * An XML document of these elements and attributes, nested at will. Names are given since no context-free grammar can pair others; an attribute comes at most once,
     * in the order given.
     */
    public static Grammar xml(List<String> elements, List<String> attributes) { return XmlRules.grammar(elements, attributes); }

    /** One of these texts. */
    public static Grammar oneOf(String... texts) {
        var options = Arrays.stream(texts).map(Expression::text).toList();
        return new Grammar(Map.of("root", new Expression.Choice(options)), "root");
    }

    /**
     * A call of one of some tools as Hermes, Qwen and this library's formats write it: {@code <tool_call>}, an object of {@code name} and {@code arguments}, {@code
     * </tool_call>}.
     *
     * @param tools of each name the JSON schema of its arguments; references within it begin at its own root
     * @throws SchemaException for a schema that a grammar cannot promise: names the keyword's path
     * @throws lyceum.FormatException if a schema is no JSON, or there is no tool
     */
    public static Grammar toolCall(Map<String, String> tools) {
        var call = jsonSchema(ToolSchemas.calls(tools));
        var rules = new LinkedHashMap<>(call.rules);
        rules.put("call", Expression.sequence(Expression.text("<tool_call>"), Expression.optional(Expression.text("\n")),
                new Expression.Call(call.root), Expression.optional(Expression.text("\n")), Expression.text("</tool_call>")));
        return new Grammar(rules, "call");
    }

    /** Names of the productions. */
    @Override public String toString() { return "Grammar of " + rules.keySet(); }
}
