#define BOOST_TEST_MODULE mfad
#include <boost/test/unit_test.hpp>
