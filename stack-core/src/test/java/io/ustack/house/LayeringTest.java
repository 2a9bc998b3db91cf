package io.ustack.house;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The arrows between the packages of stack-core, and what none of its classes may touch. */
final class LayeringTest {
  /** From the ground up. A floor may use itself and the floors below; rooms of one floor, see. */
  private static final List<Set<String>> FLOORS =
      List.of(
          Set.of("buffer", "time", "counter", "readiness", "tcp.congestion"),
          Set.of("pcap"),
          Set.of("link"),
          Set.of("ethernet"),
          Set.of("arp"),
          Set.of("ipv4"),
          Set.of("icmp", "udp", "tcp"),
          Set.of("shard", "kernel"),
          Set.of("stack"));

  private static final Path CLASSES = Path.of("target", "classes");
  private static final JavaClasses CORE = new ClassFileImporter().importPath(CLASSES);

  @Test
  void everyPackageHasAFloor() {
    final Set<String> known = new TreeSet<>();
    FLOORS.forEach(floor -> floor.forEach(room -> known.add("io.ustack." + room)));
    final Set<String> homeless = new TreeSet<>();
    for (final JavaClass type : CORE) {
      if (!known.contains(type.getPackageName())) {
        homeless.add(type.getPackageName());
      }
    }
    assertEquals(Set.of(), homeless, "packages that no floor of LayeringTest names");
  }

  @Test
  void noArrowPointsUp() {
    for (int floor = 0; floor < FLOORS.size(); floor++) {
      final String[] above = packages(FLOORS.subList(floor + 1, FLOORS.size()));
      if (above.length > 0) {
        check(
            noClasses()
                .that()
                .resideInAnyPackage(packages(FLOORS.subList(floor, floor + 1)))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(above)
                .as("floor " + FLOORS.get(floor) + " uses nothing above it"));
      }
    }
  }

  /** The transports stand beside each other; what one needs of another goes through ipv4. */
  @Test
  void transportsDoNotKnowEachOther() {
    for (final String room : FLOORS.get(6)) {
      final Set<String> others = new TreeSet<>(FLOORS.get(6));
      others.remove(room);
      check(
          noClasses()
              .that()
              .resideInAPackage("io.ustack." + room)
              .should()
              .dependOnClassesThat()
              .resideInAnyPackage(packages(List.of(others))));
    }
  }

  @Test
  void nothingButTheJdk() {
    check(
        classes()
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage("java..", "org.jspecify.annotations", "io.ustack..")
            .as("stack-core depends on java.base alone"));
  }

  @Test
  void noNativeMethods() {
    check(noMethods().should().haveModifier(JavaModifier.NATIVE));
  }

  /** DESIGN 3: one writer per shard. LockSupport parks the idle stack thread and takes no lock. */
  @Test
  void noLocks() {
    check(
        noClasses()
            .should()
            .dependOnClassesThat(
                DescribedPredicate.describe(
                    "are locks",
                    type ->
                        type.getPackageName().equals("java.util.concurrent.locks")
                            && !type.getSimpleName().equals("LockSupport"))));
  }

  /** Blocks are SourceRulesTest's: the class file's outline does not show them. */
  @Test
  void noSynchronizedMethods() {
    check(noMethods().should().haveModifier(JavaModifier.SYNCHRONIZED));
  }

  @Test
  void noMonitors() {
    check(
        noClasses()
            .should()
            .callMethodWhere(
                DescribedPredicate.describe(
                    "Object.wait or notify",
                    call ->
                        call.getTarget()
                                .resolveMember()
                                .map(method -> method.getOwner().isEquivalentTo(Object.class))
                                .orElse(false)
                            && Set.of("wait", "notify", "notifyAll").contains(call.getName()))));
  }

  @Test
  void noUnsafe() {
    check(
        noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("sun..", "jdk..", "com.sun..")
            .as("no Unsafe, and nothing else of the JDK's own"));
  }

  /** Time is a parameter: two runs of a simulation see the same clock. */
  @Test
  void timeIsAParameter() {
    final Set<String> clocks =
        Set.of(
            "java.lang.System.nanoTime",
            "java.lang.System.currentTimeMillis",
            "java.time.Instant.now",
            "java.time.Clock.systemUTC",
            "java.lang.Thread.sleep",
            "java.lang.Math.random",
            "java.util.concurrent.ThreadLocalRandom.current");
    check(
        noClasses()
            .that()
            .doNotHaveFullyQualifiedName("io.ustack.time.Clock")
            .should()
            .accessTargetWhere(
                DescribedPredicate.describe(
                    "a clock of the machine, or chance without a seed",
                    (JavaAccess<?> access) ->
                        clocks.contains(
                            access.getTargetOwner().getName() + "." + access.getName()))));
  }

  /** Two stacks in one JVM share nothing that either can change. */
  @Test
  void noMutableStatics() {
    check(
        ArchRuleDefinition.fields()
            .that()
            .areStatic()
            .should()
            .beFinal()
            .andShould(holdAConstant())
            .as("static fields are final and hold constants"));
  }

  private static ArchCondition<JavaField> holdAConstant() {
    return new ArchCondition<>("hold a constant") {
      @Override
      public void check(final JavaField field, final ConditionEvents events) {
        if (!isConstant(field.getRawType())) {
          events.add(
              SimpleConditionEvent.violated(
                  field,
                  field.getFullName()
                      + " is a static "
                      + field.getRawType().getName()
                      + ", which can change"));
        }
      }
    };
  }

  /** Tables (arrays) pass: whether somebody writes to one is for the reader to see. */
  private static boolean isConstant(final JavaClass type) {
    if (type.isArray()) {
      return isConstant(type.getComponentType());
    }
    final Set<String> known =
        Set.of(
            "java.lang.String",
            "java.lang.System$Logger",
            "java.lang.invoke.VarHandle",
            "java.nio.ByteOrder",
            "java.util.HexFormat");
    if (type.isPrimitive() || type.isEnum() || known.contains(type.getName())) {
      return true;
    }
    // Our own: a function (a lambda captures nothing here), or a class of final primitives and of
    // records of such.
    return type.getPackageName().startsWith("io.ustack.")
        && (isFunction(type)
            || type.getFields().stream()
                .filter(field -> !field.getModifiers().contains(JavaModifier.STATIC))
                .allMatch(
                    field ->
                        field.getModifiers().contains(JavaModifier.FINAL)
                            && (field.getRawType().isPrimitive()
                                || field.getRawType().isEnum()
                                || field.getRawType().isEquivalentTo(String.class)
                                || isRecordOfConstants(type, field.getRawType()))));
  }

  private static boolean isRecordOfConstants(final JavaClass holder, final JavaClass type) {
    return type.isRecord() && !type.equals(holder) && isConstant(type);
  }

  private static boolean isFunction(final JavaClass type) {
    return type.isInterface()
        && type.getMethods().stream()
                .filter(method -> method.getModifiers().contains(JavaModifier.ABSTRACT))
                .count()
            == 1;
  }

  private static void check(final ArchRule rule) {
    rule.allowEmptyShould(true).check(CORE);
  }

  private static String[] packages(final List<Set<String>> floors) {
    final List<String> names = new ArrayList<>();
    floors.forEach(floor -> floor.forEach(room -> names.add("io.ustack." + room)));
    return names.toArray(String[]::new);
  }
}
