package io.ustack.testsupport.script;

import java.util.function.ToLongFunction;

/**
 * What stands behind {@code assert}: integers, names, {@code + - * / %}, comparisons, {@code and},
 * {@code or}, {@code not} and parentheses, as in Python. True is 1.
 */
final class Expression {
  private final Cursor cursor;
  private final ToLongFunction<String> names;

  private Expression(final String text, final ToLongFunction<String> names) {
    cursor = new Cursor(text);
    this.names = names;
  }

  /**
   * The value of {@code text}; a comma ends it, as the message of Python's assert does.
   *
   * @param names says what a name stands for
   */
  static long evaluate(final String text, final ToLongFunction<String> names) {
    final Expression expression = new Expression(text, names);
    final long value = expression.or();
    if (!expression.cursor.isAtEnd() && expression.cursor.peek() != ',') {
      throw expression.cursor.error("an expression ends before this");
    }
    return value;
  }

  private long or() {
    long value = and();
    while (cursor.acceptWord("or")) {
      final long right = and();
      value = value != 0 ? value : right;
    }
    return value;
  }

  private long and() {
    long value = not();
    while (cursor.acceptWord("and")) {
      final long right = not();
      value = value == 0 ? value : right;
    }
    return value;
  }

  private long not() {
    int negations = 0;
    while (cursor.acceptWord("not")) {
      negations++;
    }
    final long value = comparison();
    return negations == 0 ? value : truth((value == 0) == (negations % 2 != 0));
  }

  private long comparison() {
    long left = sum();
    boolean holds = true;
    boolean compared = false;
    while (true) {
      final String operator = operator();
      if (operator.isEmpty()) {
        return compared ? truth(holds) : left;
      }
      final long right = sum();
      holds &= compare(left, operator, right);
      compared = true;
      left = right;
    }
  }

  private String operator() {
    for (final String operator : new String[] {"==", "!=", "<=", ">=", "<", ">"}) {
      if (cursor.accept(operator)) {
        return operator;
      }
    }
    return "";
  }

  private static boolean compare(final long left, final String operator, final long right) {
    return switch (operator) {
      case "==" -> left == right;
      case "!=" -> left != right;
      case "<=" -> left <= right;
      case ">=" -> left >= right;
      case "<" -> left < right;
      default -> left > right;
    };
  }

  private long sum() {
    long value = product();
    while (true) {
      if (cursor.accept("+")) {
        value = exactly(value, '+', product());
      } else if (cursor.accept("-")) {
        value = exactly(value, '-', product());
      } else if (cursor.accept("&")) {
        value &= product();
      } else {
        return value;
      }
    }
  }

  private long product() {
    long value = term();
    while (true) {
      if (cursor.accept("*")) {
        value = exactly(value, '*', term());
      } else if (cursor.accept("/")) {
        value = exactly(value, '/', term());
      } else if (cursor.accept("%")) {
        value = exactly(value, '%', term());
      } else {
        return value;
      }
    }
  }

  private static long exactly(final long left, final char operator, final long right) {
    try {
      return switch (operator) {
        case '+' -> Math.addExact(left, right);
        case '-' -> Math.subtractExact(left, right);
        case '*' -> Math.multiplyExact(left, right);
        case '/' -> right == -1 ? Math.negateExact(left) : left / right;
        default -> left % right;
      };
    } catch (final ArithmeticException e) {
      throw new ScriptFailure("no number is " + left + " " + operator + " " + right);
    }
  }

  private long term() {
    if (cursor.accept("(")) {
      cursor.down();
      final long value = or();
      cursor.up();
      cursor.expect(")");
      return value;
    }
    final char first = cursor.peek();
    if (first == '-' || Character.isDigit(first)) {
      return cursor.number(Bounds.INTEGER);
    }
    final String name = cursor.word();
    if (name.isEmpty()) {
      throw cursor.error("expected a number or a name");
    }
    return names.applyAsLong(name);
  }

  private static long truth(final boolean value) {
    return value ? 1 : 0;
  }
}
