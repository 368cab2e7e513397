// The same for the tests, with Catch2.
#include "precompiled.hpp"

#include <catch2/catch.hpp>
