package lyceum.serve.constrain;

import static lyceum.serve.constrain.Expression.any;
import static lyceum.serve.constrain.Expression.choice;
import static lyceum.serve.constrain.Expression.optional;
import static lyceum.serve.constrain.Expression.sequence;
import static lyceum.serve.constrain.Expression.text;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** JSON, with bounded white space and with numbers that a double holds. */
final class JsonRules {
    static final Expression VALUE = new Expression.Call("json value"), OBJECT = new Expression.Call("json object"),
            ARRAY = new Expression.Call("json array"), STRING = new Expression.Call("json string"),
            SPACE = new Expression.Call("json space"), INTEGER = RegexReader.whole("-?(0|[1-9][0-9]{0,14})"),
            NUMBER = sequence(INTEGER, RegexReader.whole("(\\.[0-9]{1,16})?([eE][+-]?[0-9]{1,2})?"));
    private static final Expression.Chars CONTROLS = Expression.Chars.of(0, 31),
            ESCAPED = CONTROLS.or(Expression.Chars.of('"', '"')).or(Expression.Chars.of('\\', '\\'));
    /** A character of a string, escaped or not; never half of a surrogate pair. */
    static final Expression CHARACTER = choice(ESCAPED.not(),
            RegexReader.whole("\\\\([\"\\\\/bfnrt]|u([0-9a-cA-CefEF][0-9a-fA-F]{3}|[dD][0-7][0-9a-fA-F]{2}))"));

    private JsonRules() {}

    static Map<String, Expression> rules(Expression root) {
        var rules = new LinkedHashMap<String, Expression>();
        rules.put("root", root);
        addTo(rules);
        return rules;
    }

    static void addTo(Map<String, Expression> rules) {
        rules.put("json space", RegexReader.whole("( |\\n[ \\t]{0,20})?"));
        rules.put("json string", string(any(CHARACTER)));
        rules.put("json value", choice(OBJECT, ARRAY, STRING, NUMBER, text("true"), text("false"), text("null")));
        rules.put("json object", sequence(text("{"), SPACE, list(member(STRING, VALUE), 0, -1), text("}")));
        rules.put("json array", sequence(text("["), SPACE, list(VALUE, 0, -1), text("]")));
    }

    static Expression string(Expression content) { return sequence(text("\""), content, text("\"")); }

    static Expression member(Expression key, Expression value) { return sequence(key, SPACE, text(":"), SPACE, value); }

    static Expression comma() { return sequence(text(","), SPACE); }

    /** Items with commas between them and white space behind each. */
    static Expression list(Expression item, int min, int max) {
        if (max == 0) return Expression.EMPTY;
        var spaced = sequence(item, SPACE);
        var more = sequence(spaced, new Expression.Repeat(sequence(comma(), spaced), Math.max(0, min - 1), max < 0 ? -1 : max - 1));
        return min == 0 ? optional(more) : more;
    }

    /** A character out of a set, as it stands in a string. */
    static Expression quoted(Expression.Chars set) {
        var options = new ArrayList<Expression>(List.of(set.without(ESCAPED)));
        for (int c : new int[] {'"', '\\'}) if (set.contains(c)) options.add(text("\\" + (char) c));
        for (int c = 0; c < 32; c++) {
            if (!set.contains(c)) continue;
            int at = "\b\f\n\r\t".indexOf(c);
            options.add(text(at >= 0 ? "\\" + "bfnrt".charAt(at) : "\\u00" + (c < 16 ? "0" : "") + Integer.toHexString(c)));
        }
        return new Expression.Choice(options);
    }
}
