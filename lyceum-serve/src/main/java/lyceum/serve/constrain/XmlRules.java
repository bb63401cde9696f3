package lyceum.serve.constrain;

import static lyceum.serve.constrain.Expression.any;
import static lyceum.serve.constrain.Expression.choice;
import static lyceum.serve.constrain.Expression.optional;
import static lyceum.serve.constrain.Expression.sequence;
import static lyceum.serve.constrain.Expression.text;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;

/** XML of given names. */
final class XmlRules {
    private XmlRules() {}

    static Grammar grammar(List<String> elements, List<String> attributes) {
        if (elements.isEmpty()) throw new IllegalArgumentException("Grammar.xml: no names of elements; a document has one at least");
        for (var names : List.of(elements, attributes))
            for (var name : names)
                if (!name.matches("[A-Za-z_][A-Za-z0-9_.-]*"))
                    throw new IllegalArgumentException("Grammar.xml: \"" + name + "\" is not a name of letters, digits, '_', '.' and '-'");
        if (attributes.stream().distinct().count() < attributes.size())
            throw new IllegalArgumentException("Grammar.xml: " + attributes + " names an attribute twice");
        var rules = new LinkedHashMap<String, Expression>();
        rules.put("root", new Expression.Call("element"));
        var plain = RegexReader.whole("[^\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f<&>\"\\ufffe\\uffff]");
        var character = choice(plain, RegexReader.whole("&(lt|gt|amp|quot|apos);"));
        var attribute = new ArrayList<Expression>();
        for (var name : attributes) attribute.add(optional(sequence(text(" " + name + "=\""), any(character), text("\""))));
        rules.put("attributes", new Expression.Sequence(attribute));
        rules.put("content", any(choice(character, text("\""), new Expression.Call("element"))));
        var options = new ArrayList<Expression>();
        for (var name : elements)
            options.add(sequence(text("<" + name), new Expression.Call("attributes"),
                    choice(text("/>"), sequence(text(">"), new Expression.Call("content"), text("</" + name + ">")))));
        rules.put("element", new Expression.Choice(options));
        return new Grammar(rules, "root");
    }
}
